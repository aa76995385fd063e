-- For an index that is kept elsewhere: `search_version` counts the changes of what a search sees, and `indexed_version` is
-- the last one that was indexed. The trigger counts, so that nobody can forget to, nor can a version of the shop before.
alter table product add column search_version bigint not null default 1;
alter table product add column indexed_version bigint not null default 0;
create index product_unindexed on product (seq) where indexed_version < search_version;
create function count_search_version() returns trigger language plpgsql as $$
begin
  new.search_version := old.search_version + 1;
  return new;
end
$$;
create trigger product_search_version before update on product for each row
  when (old.name is distinct from new.name or old.botanical_name is distinct from new.botanical_name or
    old.summary is distinct from new.summary or old.description is distinct from new.description or
    old.category_id is distinct from new.category_id or old.price is distinct from new.price or
    old.attributes is distinct from new.attributes or old.name_key is distinct from new.name_key or
    old.retired is distinct from new.retired
    or (old.stock > 0) <> (new.stock > 0))
  execute function count_search_version();
