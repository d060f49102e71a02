-- The texts that Jinja fills, until they become messages. Grain: a row. Gone at the end of the transaction.
-- `missing` has the names of the values that the text needs and the row lacks; then there is no text.
create temporary table assemble_text (
    row_no integer primary key,
    subject text,
    body text,
    parts jsonb,
    missing text[]
) on commit drop
