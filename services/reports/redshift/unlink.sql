-- A customer ($1) whose account is gone, as an event ($2) tells; those of events before $3 are forgotten.
delete from departed_customer where event_id < '$3' or customer_key = '$1';

insert into departed_customer (customer_key, event_id) values ('$1', '$2');

update fact_orders set customer_key = null where customer_key = '$1';

delete from dim_customers where customer_key = '$1';
