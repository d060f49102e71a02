-- Records that an errand starts now. Parameter: name.
insert into errand_mark (name) values (:name)
on conflict (name) do update set begun_at = now()
