BEGIN TRANSACTION;
CREATE TABLE artifact (
	artifact_id INTEGER NOT NULL, 
	filename VARCHAR(64), 
	content BLOB, 
	run_id VARCHAR(24), 
	PRIMARY KEY (artifact_id), 
	FOREIGN KEY(run_id) REFERENCES run (run_id)
);
INSERT INTO "artifact" VALUES(1,'model.bin',X'612C620A312C320A','0');
CREATE TABLE dependency (
	dependency_id INTEGER NOT NULL, 
	name VARCHAR(32), 
	version VARCHAR(16), 
	PRIMARY KEY (dependency_id)
);
INSERT INTO "dependency" VALUES(1,'numpy','1.18.1');
INSERT INTO "dependency" VALUES(2,'sacred','0.8.7');
CREATE TABLE experiment (
	experiment_id INTEGER NOT NULL, 
	name VARCHAR(32), 
	md5sum VARCHAR(32), 
	base_dir VARCHAR(64), 
	PRIMARY KEY (experiment_id)
);
INSERT INTO "experiment" VALUES(1,'old_ex','c9c2a583286be4a5c115a184ee9a2ffb','/tmp/old_ex');
CREATE TABLE experiments_dependencies (
	experiment_id INTEGER, 
	dependency_id INTEGER, 
	FOREIGN KEY(experiment_id) REFERENCES experiment (experiment_id), 
	FOREIGN KEY(dependency_id) REFERENCES dependency (dependency_id)
);
INSERT INTO "experiments_dependencies" VALUES(1,1);
INSERT INTO "experiments_dependencies" VALUES(1,2);
CREATE TABLE experiments_repositories (
	experiment_id INTEGER, 
	repository_id INTEGER, 
	FOREIGN KEY(experiment_id) REFERENCES experiment (experiment_id), 
	FOREIGN KEY(repository_id) REFERENCES repository (repository_id)
);
INSERT INTO "experiments_repositories" VALUES(1,1);
CREATE TABLE experiments_sources (
	experiment_id INTEGER, 
	source_id INTEGER, 
	FOREIGN KEY(experiment_id) REFERENCES experiment (experiment_id), 
	FOREIGN KEY(source_id) REFERENCES source (source_id)
);
INSERT INTO "experiments_sources" VALUES(1,1);
CREATE TABLE host (
	host_id INTEGER NOT NULL, 
	cpu VARCHAR(64), 
	hostname VARCHAR(64), 
	os VARCHAR(16), 
	os_info VARCHAR(64), 
	python_version VARCHAR(16), 
	PRIMARY KEY (host_id)
);
INSERT INTO "host" VALUES(1,'Some CPU','old-host','Linux','Linux-4.19-x86_64','3.7.3');
CREATE TABLE repository (
	repository_id INTEGER NOT NULL, 
	url VARCHAR(2048), 
	"commit" VARCHAR(40), 
	dirty BOOLEAN, 
	PRIMARY KEY (repository_id)
);
INSERT INTO "repository" VALUES(1,'git@host:me/ex.git','cccccccccccccccccccccccccccccccccccccccc',1);
CREATE TABLE resource (
	resource_id INTEGER NOT NULL, 
	filename VARCHAR(256), 
	md5sum VARCHAR(32), 
	content BLOB, 
	PRIMARY KEY (resource_id)
);
INSERT INTO "resource" VALUES(1,'/tmp/old_ex/data.csv','e5ebd4c02cefbe7955977c67ada242b7',X'612C620A312C320A');
CREATE TABLE run (
	id INTEGER NOT NULL, 
	run_id VARCHAR(24), 
	command VARCHAR(64), 
	start_time DATETIME, 
	heartbeat DATETIME, 
	stop_time DATETIME, 
	queue_time DATETIME, 
	priority FLOAT, 
	comment TEXT, 
	fail_trace TEXT, 
	captured_out TEXT, 
	config TEXT, 
	info TEXT, 
	status VARCHAR(11), 
	host_id INTEGER, 
	experiment_id INTEGER, 
	result FLOAT, 
	PRIMARY KEY (id), 
	UNIQUE (run_id), 
	FOREIGN KEY(host_id) REFERENCES host (host_id), 
	FOREIGN KEY(experiment_id) REFERENCES experiment (experiment_id)
);
INSERT INTO "run" VALUES(1,'0','main','2020-01-02 03:04:05.678000','2020-01-02 03:04:05.678000','2020-01-02 03:04:05.678000',NULL,2.0,'the first',NULL,'hellö
','{"lr": 0.5, "layers": [1, 2, "x"], "shape": {"py/tuple": [3, 4]}, "seed": 7}','{"epochs": [1, 2]}','COMPLETED',1,1,3.25);
INSERT INTO "run" VALUES(2,'2','main','2020-01-02 03:04:05.678000',NULL,'2020-01-02 03:04:05.678000',NULL,0.0,'','Traceback

ValueError: no
',NULL,'{"lr": 0.5, "layers": [1, 2, "x"], "shape": {"py/tuple": [3, 4]}, "seed": 7}',NULL,'FAILED',1,1,NULL);
INSERT INTO "run" VALUES(3,'mine','main','2020-01-02 03:04:05.678000',NULL,'2020-01-02 03:04:05.678000',NULL,0.0,'',NULL,NULL,'{"lr": 0.5, "layers": [1, 2, "x"], "shape": {"py/tuple": [3, 4]}, "seed": 7}',NULL,'INTERRUPTED',1,1,NULL);
INSERT INTO "run" VALUES(4,'4','main','2020-01-02 03:04:05.678000',NULL,NULL,NULL,0.0,'',NULL,NULL,'{"lr": 0.5, "layers": [1, 2, "x"], "shape": {"py/tuple": [3, 4]}, "seed": 7}',NULL,'RUNNING',1,1,NULL);
CREATE TABLE runs_resources (
	run_id VARCHAR(24), 
	resource_id INTEGER, 
	FOREIGN KEY(run_id) REFERENCES run (run_id), 
	FOREIGN KEY(resource_id) REFERENCES resource (resource_id)
);
INSERT INTO "runs_resources" VALUES('0',1);
INSERT INTO "runs_resources" VALUES('2',1);
CREATE TABLE source (
	source_id INTEGER NOT NULL, 
	filename VARCHAR(256), 
	md5sum VARCHAR(32), 
	content TEXT, 
	PRIMARY KEY (source_id)
);
INSERT INTO "source" VALUES(1,'train.py','7b7407fdf45908376dc9b05dd0145854','print(''train'')
');
COMMIT;
