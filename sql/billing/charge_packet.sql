-- Keeps what a packet costs and how that was estimated; its credit is not reserved yet. Grain: a packet. Parameters: packet_id, client_id,
-- price_list_id, currency, messages, total_minor, likely_low_minor, likely_high_minor, reasons (JSON).
insert into packet_charge (
    packet_id, client_id, price_list_id, currency, state, messages, total_minor, likely_low_minor, likely_high_minor, reasons
)
values (
    :packet_id, :client_id, :price_list_id, :currency, 'waiting', :messages, :total_minor,
    :likely_low_minor, :likely_high_minor, cast(:reasons as jsonb)
)
