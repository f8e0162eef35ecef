CREATE TYPE public.status_enum AS ENUM (
    'RUNNING',
    'COMPLETED',
    'INTERRUPTED',
    'TIMEOUT',
    'FAILED'
);
CREATE TABLE public.artifact (
    artifact_id integer NOT NULL,
    filename character varying(64),
    content bytea,
    run_id character varying(24)
);
CREATE SEQUENCE public.artifact_artifact_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.artifact_artifact_id_seq OWNED BY public.artifact.artifact_id;
CREATE TABLE public.dependency (
    dependency_id integer NOT NULL,
    name character varying(32),
    version character varying(16)
);
CREATE SEQUENCE public.dependency_dependency_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.dependency_dependency_id_seq OWNED BY public.dependency.dependency_id;
CREATE TABLE public.experiment (
    experiment_id integer NOT NULL,
    name character varying(32),
    md5sum character varying(32),
    base_dir character varying(64)
);
CREATE SEQUENCE public.experiment_experiment_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.experiment_experiment_id_seq OWNED BY public.experiment.experiment_id;
CREATE TABLE public.experiments_dependencies (
    experiment_id integer,
    dependency_id integer
);
CREATE TABLE public.experiments_repositories (
    experiment_id integer,
    repository_id integer
);
CREATE TABLE public.experiments_sources (
    experiment_id integer,
    source_id integer
);
CREATE TABLE public.host (
    host_id integer NOT NULL,
    cpu character varying(64),
    hostname character varying(64),
    os character varying(16),
    os_info character varying(64),
    python_version character varying(16)
);
CREATE SEQUENCE public.host_host_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.host_host_id_seq OWNED BY public.host.host_id;
CREATE TABLE public.repository (
    repository_id integer NOT NULL,
    url character varying(2048),
    commit character varying(40),
    dirty boolean
);
CREATE SEQUENCE public.repository_repository_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.repository_repository_id_seq OWNED BY public.repository.repository_id;
CREATE TABLE public.resource (
    resource_id integer NOT NULL,
    filename character varying(256),
    md5sum character varying(32),
    content bytea
);
CREATE SEQUENCE public.resource_resource_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.resource_resource_id_seq OWNED BY public.resource.resource_id;
CREATE TABLE public.run (
    id integer NOT NULL,
    run_id character varying(24),
    command character varying(64),
    start_time timestamp without time zone,
    heartbeat timestamp without time zone,
    stop_time timestamp without time zone,
    queue_time timestamp without time zone,
    priority double precision,
    comment text,
    fail_trace text,
    captured_out text,
    config text,
    info text,
    status public.status_enum,
    host_id integer,
    experiment_id integer,
    result double precision
);
CREATE SEQUENCE public.run_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.run_id_seq OWNED BY public.run.id;
CREATE TABLE public.runs_resources (
    run_id character varying(24),
    resource_id integer
);
CREATE TABLE public.source (
    source_id integer NOT NULL,
    filename character varying(256),
    md5sum character varying(32),
    content text
);
CREATE SEQUENCE public.source_source_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.source_source_id_seq OWNED BY public.source.source_id;
ALTER TABLE ONLY public.artifact ALTER COLUMN artifact_id SET DEFAULT nextval('public.artifact_artifact_id_seq'::regclass);
ALTER TABLE ONLY public.dependency ALTER COLUMN dependency_id SET DEFAULT nextval('public.dependency_dependency_id_seq'::regclass);
ALTER TABLE ONLY public.experiment ALTER COLUMN experiment_id SET DEFAULT nextval('public.experiment_experiment_id_seq'::regclass);
ALTER TABLE ONLY public.host ALTER COLUMN host_id SET DEFAULT nextval('public.host_host_id_seq'::regclass);
ALTER TABLE ONLY public.repository ALTER COLUMN repository_id SET DEFAULT nextval('public.repository_repository_id_seq'::regclass);
ALTER TABLE ONLY public.resource ALTER COLUMN resource_id SET DEFAULT nextval('public.resource_resource_id_seq'::regclass);
ALTER TABLE ONLY public.run ALTER COLUMN id SET DEFAULT nextval('public.run_id_seq'::regclass);
ALTER TABLE ONLY public.source ALTER COLUMN source_id SET DEFAULT nextval('public.source_source_id_seq'::regclass);
INSERT INTO public.artifact VALUES (1, 'model.bin', '\x612c620a312c320a', '0');
INSERT INTO public.dependency VALUES (1, 'numpy', '1.18.1');
INSERT INTO public.dependency VALUES (2, 'sacred', '0.8.7');
INSERT INTO public.experiment VALUES (1, 'old_ex', 'c9c2a583286be4a5c115a184ee9a2ffb', '/tmp/old_ex');
INSERT INTO public.experiments_dependencies VALUES (1, 1);
INSERT INTO public.experiments_dependencies VALUES (1, 2);
INSERT INTO public.experiments_repositories VALUES (1, 1);
INSERT INTO public.experiments_sources VALUES (1, 1);
INSERT INTO public.host VALUES (1, 'Some CPU', 'old-host', 'Linux', 'Linux-4.19-x86_64', '3.7.3');
INSERT INTO public.repository VALUES (1, 'git@host:me/ex.git', 'cccccccccccccccccccccccccccccccccccccccc', true);
INSERT INTO public.resource VALUES (1, '/tmp/old_ex/data.csv', 'e5ebd4c02cefbe7955977c67ada242b7', '\x612c620a312c320a');
INSERT INTO public.run VALUES (1, '0', 'main', '2020-01-02 03:04:05.678', '2020-01-02 03:04:05.678', '2020-01-02 03:04:05.678', NULL, 2, 'the first', NULL, 'hellö
', '{"lr": 0.5, "layers": [1, 2, "x"], "shape": {"py/tuple": [3, 4]}, "seed": 7}', '{"epochs": [1, 2]}', 'COMPLETED', 1, 1, 3.25);
INSERT INTO public.run VALUES (2, '2', 'main', '2020-01-02 03:04:05.678', NULL, '2020-01-02 03:04:05.678', NULL, 0, '', 'Traceback

ValueError: no
', NULL, '{"lr": 0.5, "layers": [1, 2, "x"], "shape": {"py/tuple": [3, 4]}, "seed": 7}', NULL, 'FAILED', 1, 1, NULL);
INSERT INTO public.run VALUES (3, 'mine', 'main', '2020-01-02 03:04:05.678', NULL, '2020-01-02 03:04:05.678', NULL, 0, '', NULL, NULL, '{"lr": 0.5, "layers": [1, 2, "x"], "shape": {"py/tuple": [3, 4]}, "seed": 7}', NULL, 'INTERRUPTED', 1, 1, NULL);
INSERT INTO public.run VALUES (4, '4', 'main', '2020-01-02 03:04:05.678', NULL, NULL, NULL, 0, '', NULL, NULL, '{"lr": 0.5, "layers": [1, 2, "x"], "shape": {"py/tuple": [3, 4]}, "seed": 7}', NULL, 'RUNNING', 1, 1, NULL);
INSERT INTO public.runs_resources VALUES ('0', 1);
INSERT INTO public.runs_resources VALUES ('2', 1);
INSERT INTO public.source VALUES (1, 'train.py', '7b7407fdf45908376dc9b05dd0145854', 'print(''train'')
');
SELECT pg_catalog.setval('public.artifact_artifact_id_seq', 1, true);
SELECT pg_catalog.setval('public.dependency_dependency_id_seq', 2, true);
SELECT pg_catalog.setval('public.experiment_experiment_id_seq', 1, true);
SELECT pg_catalog.setval('public.host_host_id_seq', 1, true);
SELECT pg_catalog.setval('public.repository_repository_id_seq', 1, true);
SELECT pg_catalog.setval('public.resource_resource_id_seq', 1, true);
SELECT pg_catalog.setval('public.run_id_seq', 4, true);
SELECT pg_catalog.setval('public.source_source_id_seq', 1, true);
ALTER TABLE ONLY public.artifact
    ADD CONSTRAINT artifact_pkey PRIMARY KEY (artifact_id);
ALTER TABLE ONLY public.dependency
    ADD CONSTRAINT dependency_pkey PRIMARY KEY (dependency_id);
ALTER TABLE ONLY public.experiment
    ADD CONSTRAINT experiment_pkey PRIMARY KEY (experiment_id);
ALTER TABLE ONLY public.host
    ADD CONSTRAINT host_pkey PRIMARY KEY (host_id);
ALTER TABLE ONLY public.repository
    ADD CONSTRAINT repository_pkey PRIMARY KEY (repository_id);
ALTER TABLE ONLY public.resource
    ADD CONSTRAINT resource_pkey PRIMARY KEY (resource_id);
ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_run_id_key UNIQUE (run_id);
ALTER TABLE ONLY public.source
    ADD CONSTRAINT source_pkey PRIMARY KEY (source_id);
ALTER TABLE ONLY public.artifact
    ADD CONSTRAINT artifact_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.run(run_id);
ALTER TABLE ONLY public.experiments_dependencies
    ADD CONSTRAINT experiments_dependencies_dependency_id_fkey FOREIGN KEY (dependency_id) REFERENCES public.dependency(dependency_id);
ALTER TABLE ONLY public.experiments_dependencies
    ADD CONSTRAINT experiments_dependencies_experiment_id_fkey FOREIGN KEY (experiment_id) REFERENCES public.experiment(experiment_id);
ALTER TABLE ONLY public.experiments_repositories
    ADD CONSTRAINT experiments_repositories_experiment_id_fkey FOREIGN KEY (experiment_id) REFERENCES public.experiment(experiment_id);
ALTER TABLE ONLY public.experiments_repositories
    ADD CONSTRAINT experiments_repositories_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(repository_id);
ALTER TABLE ONLY public.experiments_sources
    ADD CONSTRAINT experiments_sources_experiment_id_fkey FOREIGN KEY (experiment_id) REFERENCES public.experiment(experiment_id);
ALTER TABLE ONLY public.experiments_sources
    ADD CONSTRAINT experiments_sources_source_id_fkey FOREIGN KEY (source_id) REFERENCES public.source(source_id);
ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_experiment_id_fkey FOREIGN KEY (experiment_id) REFERENCES public.experiment(experiment_id);
ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.host(host_id);
ALTER TABLE ONLY public.runs_resources
    ADD CONSTRAINT runs_resources_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES public.resource(resource_id);
ALTER TABLE ONLY public.runs_resources
    ADD CONSTRAINT runs_resources_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.run(run_id);
