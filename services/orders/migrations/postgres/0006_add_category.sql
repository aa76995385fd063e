-- What kind of product it was when it was bought; not known of orders from before.
alter table purchase_line add column category text;
