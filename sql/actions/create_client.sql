-- Creates a client. Returns nothing when the slug is taken. Parameters: slug, name, region, language, time_zone.
insert into client (slug, name, region, language, time_zone)
values (:slug, :name, :region, :language, :time_zone)
on conflict (slug) do nothing
returning id
