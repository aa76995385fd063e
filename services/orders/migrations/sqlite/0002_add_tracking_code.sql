-- What the carrier calls the parcel, where the staff said so.
alter table purchase add column tracking_code text;
