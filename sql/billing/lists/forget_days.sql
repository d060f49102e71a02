-- Deletes outcomes of comparisons that are no longer needed. No parameters.
delete from listed_day where day < current_date - 90
