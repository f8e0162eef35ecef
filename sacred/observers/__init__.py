"""Observers: objects that receive the events of a run and store or forward them.

| module | what it holds |
|---|---|
| `base` | the interface that the observers of a run implement |
| `bucket_files` | methods of observers of buckets that scripts and subclasses call during a run |
| `editable_entry` | the stored document of a run, as an observer shows it |
| `file_storage` | the observer that stores runs as files, and its command-line option |
| `gcs_observer` | the observer that stores runs in Google Cloud Storage |
| `leased_run` | a queued run in the process that a worker has started for it |
| `mongo` | the observers that store runs in MongoDB, and their command-line option |
| `mongo_address` | MongoDB addresses: parsing them, and telling which are the same |
| `notifications` | the base of observers that send a message per event: Slack, Telegram, webhooks |
| `queue` | an observer that delivers events from a background thread |
| `record_files` | methods of observers of file records |
| `s3_observer` | the observer that stores runs in an S3 bucket, and its command-line option |
| `slack` | the observer that sends messages to a Slack channel |
| `sql` | the observer that stores runs in an SQL database, and its command-line option |
| `sql_bases` | the tables of an SQL database of runs, for queries with SQLAlchemy |
| `stand_ins` | replacements for the observers of a run that is repeated or launched |
| `store_observer` | the base of all observers that write run documents to a store |
| `telegram_obs` | the observer that sends messages to a Telegram chat |
| `tinydb_hashfs` | the observer that keeps records in a TinyDB database, and their reader |
| `webhook` | the observer that posts each event as JSON to a URL |

A database package is imported when the first observer that needs it is created.
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals(), plugins="sacred.observers")
