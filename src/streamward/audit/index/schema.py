"""The tables of the index. They hold nothing that is not in the log."""

from typing import Final

FORMAT: Final = 2
"""Another number makes an index that is there be built anew."""

NOWHERE: Final = 0
"""The number that stands for a text that an entry leaves out."""

TABLES: Final = """
create table about (name text primary key, value text not null) without rowid;
create table words (id integer primary key, text text not null unique);
create table places (entry integer primary key, cursor text not null);
create table entries (
  entry integer primary key, time integer not null, kind integer not null,
  principal integer not null, credential integer not null, source integer not null,
  resource_type integer not null, resource integer not null,
  action integer not null, decision integer not null
);
create index entries_principal on entries (principal, entry);
create index entries_resource on entries (resource, entry);
create table accesses (
  access integer primary key, opened integer,
  principal integer not null, credential integer not null, source integer not null,
  stream integer not null, action integer not null, cluster integer not null,
  policy_version integer not null, rules text not null, classes text not null
);
create index accesses_principal on accesses (principal);
create index accesses_stream on accesses (stream);
create table ranges (
  access integer not null, entry integer not null, number integer not null,
  partition integer not null, state integer not null, upper integer not null,
  first integer, last integer, records integer not null, bytes integer not null,
  start integer not null, end integer not null,
  primary key (access, entry, number)
) without rowid;
create table runs (
  access integer not null, entry_first integer not null, number integer not null,
  partition integer not null, state integer not null, upper integer not null,
  first integer, last integer, records integer not null, bytes integer not null,
  start integer not null, end integer not null, entry_last integer not null,
  primary key (access, entry_first, number)
) without rowid;
create table gaps (
  entry integer primary key, start integer not null, end integer not null, leaf text not null
);
"""
"""`ranges` has each range of each roll-up; `runs` the same joined where one goes on from the last,
so that an hour of reading is one row. `places` says where in the journal every so many entries
are. Both tables lie in the order of accesses, so that those of one are side by side."""
