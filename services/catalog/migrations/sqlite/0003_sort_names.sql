-- Lists by name are sorted by `name_key`, which the shop makes of a name: what SQLite takes for small
-- letters PostgreSQL does not. It is empty until a program that knows of it has seen the product. The
-- indexes of `name` stay for those that do not.
alter table product add column name_key text not null default '';
create index product_by_name_key on product (retired, name_key, seq, price);
create index product_of_category_by_name_key on product (retired, category_id, name_key);
