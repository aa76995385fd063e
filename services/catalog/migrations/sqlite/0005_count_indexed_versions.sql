-- For an index that is kept elsewhere: `search_version` counts the changes of what a search sees, and `indexed_version` is
-- the last one that was indexed. The trigger counts, so that nobody can forget to, nor can a version of the shop before.
alter table product add column search_version integer not null default 1;
alter table product add column indexed_version integer not null default 0;
create index product_unindexed on product (seq) where indexed_version < search_version;
create trigger product_search_version
  after update of name, botanical_name, summary, description, category_id,
    price, attributes, name_key, retired, stock on product
  when old.name is not new.name or old.botanical_name is not new.botanical_name or old.summary is not
    new.summary or old.description is not new.description or old.category_id is not new.category_id or
    old.price is not new.price or old.attributes is not new.attributes or old.name_key is not
    new.name_key or old.retired is not new.retired
    or (old.stock > 0) <> (new.stock > 0)
begin
  update product set search_version = search_version + 1 where seq = new.seq;
end;
