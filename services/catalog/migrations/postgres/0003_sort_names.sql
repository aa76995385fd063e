-- Lists by name are sorted by `name_key`, which the shop makes of a name: what SQLite takes for small
-- letters PostgreSQL does not. It is empty until a program that knows of it has seen the product. The
-- indexes of `name` stay for those that do not.
alter table product add column name_key text collate "C" not null default '';
create index product_by_name_key on product (name_key, seq, price) where not retired;
create index product_of_category_by_name_key on product (category_id, name_key, seq)
  where not retired;
