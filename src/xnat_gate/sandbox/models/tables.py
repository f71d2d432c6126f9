"""The tables. Columns named `fields` and `custom` hold JSON objects of strings.

Laws: an accession ID is never reused (counters); the files of an archived session are listed in `files` with their
true md5, those of a waiting one are whatever lies in its folder (`headers` only remembers what was read there).
"""

TABLES = """
CREATE TABLE IF NOT EXISTS counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS users(
  id INTEGER PRIMARY KEY AUTOINCREMENT, login TEXT UNIQUE NOT NULL, salt TEXT NOT NULL, digest TEXT NOT NULL,
  firstname TEXT NOT NULL, lastname TEXT NOT NULL, email TEXT NOT NULL,
  admin INTEGER NOT NULL DEFAULT 0, enabled INTEGER NOT NULL DEFAULT 1);
CREATE TABLE IF NOT EXISTS members(
  project TEXT NOT NULL, login TEXT NOT NULL, role TEXT NOT NULL, PRIMARY KEY(project, login));
CREATE TABLE IF NOT EXISTS projects(
  id TEXT PRIMARY KEY, secondary_id TEXT NOT NULL, name TEXT NOT NULL, fields TEXT NOT NULL DEFAULT '{}',
  accessibility TEXT NOT NULL DEFAULT 'private', prearchive_code INTEGER NOT NULL DEFAULT 4,
  inserted TEXT NOT NULL, insert_user TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS subjects(
  id TEXT PRIMARY KEY, project TEXT NOT NULL, label TEXT NOT NULL, fields TEXT NOT NULL DEFAULT '{}',
  custom TEXT NOT NULL DEFAULT '{}', inserted TEXT NOT NULL, insert_user TEXT NOT NULL, UNIQUE(project, label));
CREATE TABLE IF NOT EXISTS experiments(
  id TEXT PRIMARY KEY, project TEXT NOT NULL, label TEXT NOT NULL, subject TEXT NOT NULL, xsi_type TEXT NOT NULL,
  fields TEXT NOT NULL DEFAULT '{}', custom TEXT NOT NULL DEFAULT '{}', inserted TEXT NOT NULL,
  insert_user TEXT NOT NULL, UNIQUE(project, label));
CREATE INDEX IF NOT EXISTS experiments_of_subject ON experiments(subject);
CREATE TABLE IF NOT EXISTS scans(
  number INTEGER PRIMARY KEY AUTOINCREMENT, experiment TEXT NOT NULL, id TEXT NOT NULL, xsi_type TEXT NOT NULL,
  fields TEXT NOT NULL DEFAULT '{}', UNIQUE(experiment, id));
CREATE TABLE IF NOT EXISTS shares(
  kind TEXT NOT NULL, item TEXT NOT NULL, project TEXT NOT NULL, label TEXT NOT NULL DEFAULT '',
  PRIMARY KEY(kind, item, project));
CREATE TABLE IF NOT EXISTS resources(
  number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, owner TEXT NOT NULL, label TEXT NOT NULL,
  folder TEXT NOT NULL, format TEXT NOT NULL DEFAULT '', content TEXT NOT NULL DEFAULT '',
  description TEXT NOT NULL DEFAULT '', tags TEXT NOT NULL DEFAULT '', UNIQUE(kind, owner, label));
CREATE TABLE IF NOT EXISTS files(
  resource INTEGER NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, digest TEXT NOT NULL,
  uid TEXT NOT NULL DEFAULT '', format TEXT NOT NULL DEFAULT '', content TEXT NOT NULL DEFAULT '',
  tags TEXT NOT NULL DEFAULT '', PRIMARY KEY(resource, path));
CREATE TABLE IF NOT EXISTS prearchive(
  number INTEGER PRIMARY KEY AUTOINCREMENT, project TEXT, timestamp TEXT NOT NULL, folder TEXT NOT NULL,
  lastmod TEXT NOT NULL, uploaded TEXT NOT NULL, scan_date TEXT NOT NULL DEFAULT '',
  scan_time TEXT NOT NULL DEFAULT '', subject TEXT NOT NULL DEFAULT '', name TEXT NOT NULL DEFAULT '',
  tag TEXT NOT NULL DEFAULT '', status TEXT NOT NULL, autoarchive TEXT NOT NULL DEFAULT '',
  prevent_anon TEXT NOT NULL DEFAULT 'false', prevent_auto_commit TEXT NOT NULL DEFAULT 'false',
  source TEXT NOT NULL DEFAULT '', visit TEXT NOT NULL DEFAULT '', protocol TEXT NOT NULL DEFAULT '',
  timezone TEXT NOT NULL DEFAULT '', auto_archive_blocked INTEGER NOT NULL DEFAULT 0,
  direct INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX IF NOT EXISTS prearchive_place ON prearchive(ifnull(project, ''), timestamp, folder);
CREATE TABLE IF NOT EXISTS headers(
  session INTEGER NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, changed INTEGER NOT NULL,
  digest TEXT NOT NULL, header TEXT NOT NULL, PRIMARY KEY(session, path));
CREATE TABLE IF NOT EXISTS config(
  number INTEGER PRIMARY KEY AUTOINCREMENT, project TEXT NOT NULL, tool TEXT NOT NULL, path TEXT NOT NULL,
  version INTEGER NOT NULL, contents TEXT NOT NULL, status TEXT NOT NULL, unversioned TEXT NOT NULL,
  login TEXT NOT NULL, created TEXT NOT NULL, UNIQUE(project, tool, path, version));
CREATE TABLE IF NOT EXISTS site_groups(login TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY(login, name));
CREATE TABLE IF NOT EXISTS tokens(
  id INTEGER PRIMARY KEY AUTOINCREMENT, alias TEXT UNIQUE NOT NULL, secret TEXT NOT NULL, login TEXT NOT NULL,
  created INTEGER NOT NULL, expires INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS workflows(
  number INTEGER PRIMARY KEY AUTOINCREMENT, login TEXT NOT NULL, item TEXT NOT NULL, data_type TEXT NOT NULL,
  pipeline_name TEXT NOT NULL, launch_time TEXT NOT NULL, project TEXT NOT NULL, status TEXT NOT NULL,
  comments TEXT NOT NULL, justification TEXT NOT NULL, scan_id TEXT NOT NULL, step_description TEXT NOT NULL,
  percentageComplete TEXT NOT NULL, details TEXT NOT NULL, category TEXT NOT NULL, type TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS workflows_of_item ON workflows(item);
CREATE TABLE IF NOT EXISTS custom_fields(
  kind TEXT NOT NULL, owner TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(kind, owner));
CREATE TABLE IF NOT EXISTS deleted_projects(id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS site_roles(login TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY(login, name));
CREATE TABLE IF NOT EXISTS commands(id INTEGER PRIMARY KEY AUTOINCREMENT, command TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS wrappers(
  id INTEGER PRIMARY KEY AUTOINCREMENT, command INTEGER, wrapper TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS enablement(
  wrapper INTEGER NOT NULL, project TEXT NOT NULL, enabled INTEGER NOT NULL, PRIMARY KEY(wrapper, project));
CREATE TABLE IF NOT EXISTS containers(
  number INTEGER PRIMARY KEY AUTOINCREMENT, login TEXT NOT NULL, project TEXT NOT NULL, status TEXT NOT NULL,
  status_time TEXT NOT NULL, container_id TEXT NOT NULL DEFAULT '', workflow TEXT NOT NULL, token TEXT NOT NULL,
  body TEXT NOT NULL, history TEXT NOT NULL DEFAULT '[]');
CREATE TABLE IF NOT EXISTS container_servers(id INTEGER PRIMARY KEY AUTOINCREMENT, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS configurations(
  wrapper INTEGER NOT NULL, project TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(wrapper, project));
CREATE TABLE IF NOT EXISTS preferences(
  tool TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(tool, name));
CREATE TABLE IF NOT EXISTS subscriptions(
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, active INTEGER NOT NULL, action_key TEXT NOT NULL,
  owner TEXT NOT NULL, act_as_event_user INTEGER NOT NULL, attributes TEXT NOT NULL, filter TEXT NOT NULL,
  created TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries(
  id INTEGER PRIMARY KEY AUTOINCREMENT, subscription INTEGER NOT NULL, name TEXT NOT NULL, event_type TEXT NOT NULL,
  login TEXT NOT NULL, project TEXT NOT NULL, inputs TEXT NOT NULL, about TEXT NOT NULL DEFAULT '{}');
CREATE TABLE IF NOT EXISTS delivery_history(
  number INTEGER PRIMARY KEY AUTOINCREMENT, delivery INTEGER NOT NULL, step TEXT NOT NULL, moment TEXT NOT NULL,
  message TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS history_of_delivery ON delivery_history(delivery);
"""

ADDED = (("prearchive", "direct", "INTEGER NOT NULL DEFAULT 0"),)
"""Table, column and type of what older state folders lack."""
