"""Which path is whose. Everything that is not here is answered 501.

Laws: paths are written in their /data form; /data/archive, /REST and /REST/archive are the same resource (router).
"""

from __future__ import annotations

from xnat_gate.sandbox import container_urls, event_urls
from xnat_gate.sandbox.gatekeeping import LOGIN_PAGE
from xnat_gate.sandbox.responses import (
    archiving,
    auth,
    batch,
    config,
    custom_fields,
    direct_archive,
    experiments,
    faults,
    files,
    importing,
    inspection,
    prearchive,
    prearchive_actions,
    prearchive_files,
    projects,
    resources,
    scans,
    sharing,
    site,
    subjects,
    tokens,
    user_cache,
    users,
    workflows,
)
from xnat_gate.sandbox.router import Route, route

PROJECT = "/data/projects/{project}"
SUBJECTS = ("/data/subjects/{subject}", f"{PROJECT}/subjects/{{subject}}")
EXPERIMENTS = tuple(
    f"{base}/experiments/{{experiment}}" for base in ("/data", PROJECT, f"{PROJECT}/subjects/{{subject}}")
)
WAITING = "/data/prearchive/projects/{project}/{timestamp}/{folder}"


def _auth() -> list[Route]:
    return [
        route("/", GET=auth.front_page),
        route(LOGIN_PAGE, GET=site.login_page),
        route("/data/services/auth", PUT=auth.log_in, POST=auth.log_in, GET=auth.log_in_by_get),
        route("/data/auth", GET=auth.who),
        route("/data/JSESSION", GET=auth.session_id, POST=auth.session_id, DELETE=auth.log_out),
        route("/data/version", GET=auth.version),
    ]


def _site() -> list[Route]:
    return [
        route("/xapi/siteConfig/buildInfo", GET=site.build_info),
        route("/xapi/siteConfig/buildInfo/{name}", GET=site.build_property),
        route("/xapi/schemas", GET=site.schemas),
        route("/xapi/schemas/{name}", GET=site.schema),
        route("/data/search/elements", GET=site.search_elements),
        route("/xapi/users", GET=users.names),
        route("/xapi/users/username", GET=users.own_name),
        route("/xapi/users/projects", GET=users.editable_projects),
        route("/xapi/users/{user}", GET=users.profile),
        route("/xapi/users/{user}/roles", GET=users.roles),
        route("/xapi/users/{user}/roles/{role}", PUT=users.give_role, DELETE=users.take_role),
        route("/xapi/users/{user}/groups", GET=users.groups),
        route("/xapi/users/{user}/groups/{group}", PUT=users.join, DELETE=users.leave),
        route("/xapi/access/projects", GET=users.project_access),
    ]


def _sandbox() -> list[Route]:
    """The sandbox's own, no part of XNAT."""
    return [
        route("/sandbox/faults", GET=faults.listed, POST=faults.add, DELETE=faults.clear),
        route("/sandbox/faults/{number}", GET=faults.one, DELETE=faults.remove),
    ]


def _projects() -> list[Route]:
    return [
        route("/data/projects", GET=projects.listed),
        route(PROJECT, GET=projects.get, PUT=projects.put, POST=projects.put, DELETE=projects.delete),
        route(f"{PROJECT}/prearchive_code", GET=projects.prearchive_code),
        route(f"{PROJECT}/prearchive_code/{{code}}", PUT=projects.set_prearchive_code),
        route(f"{PROJECT}/accessibility", GET=projects.accessibility),
        route(f"{PROJECT}/accessibility/{{level}}", PUT=projects.set_accessibility),
        route(f"{PROJECT}/users", GET=projects.members),
        route(f"{PROJECT}/users/{{group}}/{{users}}", PUT=projects.admit, DELETE=projects.dismiss),
    ]


def _prearchive() -> list[Route]:
    scan = f"{WAITING}/scans/{{scan}}"
    return [
        route("/data/prearchive", GET=prearchive.listed, PUT=prearchive.refresh),
        route("/data/prearchive/experiments", GET=prearchive.recent),
        route("/data/prearchive/projects", GET=prearchive.listed),
        route("/data/prearchive/projects/{projects}", GET=prearchive.listed_of_projects, PUT=prearchive.refresh),
        route(WAITING, GET=prearchive.get, POST=prearchive_actions.act, DELETE=prearchive.delete, closed=True),
        route(f"{WAITING}/logs", GET=prearchive.logs),
        route(f"{WAITING}/logs/{{entry}}", GET=prearchive.log_entry),
        route(f"{WAITING}/scans", GET=prearchive_files.scans),
        route(scan, GET=prearchive_files.scan_zip, DELETE=prearchive_files.delete_scan),
        route(f"{scan}/resources", GET=prearchive_files.scan_resources),
        route(f"{scan}/resources/{{resource}}/files", GET=prearchive_files.scan_files),
        route(f"{scan}/resources/{{resource}}/files/{{path...}}", GET=prearchive_files.scan_file),
        route(f"{WAITING}/resources", GET=prearchive_files.resources),
        route(f"{WAITING}/resources/{{resource}}", DELETE=prearchive_files.delete_resource),
        route(f"{WAITING}/resources/{{resource}}/files", GET=prearchive_files.session_files),
        route(
            f"{WAITING}/resources/{{resource}}/files/{{path...}}", GET=prearchive_files.session_file,
            PUT=prearchive_files.put_session_file, DELETE=prearchive_files.delete_session_file,
        ),
    ]  # fmt: skip


def _direct_archive() -> list[Route]:
    return [
        route("/xapi/direct-archive", POST=direct_archive.listed),
        route(
            "/xapi/direct-archive/{project}/{tag}/{name}", GET=direct_archive.get, POST=direct_archive.trigger
        ),
    ]


def _services() -> list[Route]:
    return [
        route("/data/services/import", POST=importing.import_),
        route("/data/services/archive", POST=archiving.archive),
        route("/data/services/validate-archive", POST=archiving.validate),
        route("/data/services/prearchive/move", POST=batch.move),
        route("/data/services/prearchive/delete", POST=batch.delete),
        route("/data/services/prearchive/rebuild", POST=batch.rebuild),
        route("/data/services/dicomdump", GET=inspection.dicomdump),
        route("/data/services/refresh/catalog", POST=inspection.refresh),
    ]


def _tokens() -> list[Route]:
    base = "/data/services/tokens"
    return [
        route(f"{base}/issue", GET=tokens.issue),
        route(f"{base}/issue/user/{{user}}", GET=tokens.issue),
        route(f"{base}/show", GET=tokens.listed),
        route(f"{base}/show/{{alias}}", GET=tokens.show),
        route(f"{base}/validate/{{alias}}", GET=tokens.validate),
        route(f"{base}/validate/{{alias}}/{{secret}}", GET=tokens.validate),
        route(f"{base}/invalidate/{{alias}}", GET=tokens.invalidate),
    ]


def _workflows() -> list[Route]:
    return [
        route("/data/workflows", GET=workflows.get, PUT=workflows.put),
        route("/data/workflows/{key}", GET=workflows.get, PUT=workflows.put),
        route("/data/services/workflows/workflowid/{key}", GET=workflows.get),
        route("/data/services/workflows/{pipeline}", GET=workflows.of_pipeline),
    ]


def _custom_fields() -> list[Route]:
    found = []
    for base in (PROJECT, *SUBJECTS, *EXPERIMENTS, *(f"{base}/scans/{{scan}}" for base in EXPERIMENTS)):
        place = f"{base.replace('/data', '/xapi', 1)}/fields"
        found += [
            route(place, GET=custom_fields.get, PUT=custom_fields.put),
            route(f"{place}/{{name}}", GET=custom_fields.get_one, DELETE=custom_fields.delete_one),
        ]
    return found


def _user_cache() -> list[Route]:
    base = "/data/user/cache/resources/{resource}"
    return [
        route(base, PUT=user_cache.put_resource, DELETE=user_cache.delete_resource),
        route(f"{base}/files", GET=user_cache.files),
        route(
            f"{base}/files/{{path...}}", GET=user_cache.get, PUT=user_cache.put, POST=user_cache.put,
            DELETE=user_cache.delete,
        ),
    ]  # fmt: skip


def _subjects() -> list[Route]:
    found = [
        route("/data/subjects", GET=subjects.listed_everywhere),
        route(f"{PROJECT}/subjects", GET=subjects.listed),
    ]
    for base in SUBJECTS:
        found += [
            route(base, GET=subjects.get, PUT=subjects.put, DELETE=subjects.delete),
            route(f"{base}/projects", GET=sharing.subject_projects),
            route(f"{base}/projects/{{dest}}", PUT=sharing.put_subject, DELETE=sharing.delete_subject),
        ]
    return found


def _experiments() -> list[Route]:
    found = [
        route("/data/experiments", GET=experiments.listed_everywhere),
        route("/data/subjects/{subject}/experiments", GET=experiments.listed_everywhere),
        route(f"{PROJECT}/experiments", GET=experiments.listed),
        route(f"{PROJECT}/subjects/{{subject}}/experiments", GET=experiments.listed),
    ]
    for base in EXPERIMENTS:
        found += [
            route(base, GET=experiments.get, PUT=experiments.put, DELETE=experiments.delete),
            route(f"{base}/status", GET=experiments.status),
            route(f"{base}/assessors", GET=experiments.assessors),
            route(f"{base}/projects", GET=sharing.experiment_projects),
            route(f"{base}/projects/{{dest}}", PUT=sharing.put_experiment, DELETE=sharing.delete_experiment),
            route(f"{base}/scans", GET=scans.listed),
            route(f"{base}/scans/{{scan}}", GET=scans.get, PUT=scans.put, DELETE=scans.delete),
        ]
    return found


def _resources() -> list[Route]:
    """Resources and files hang below any item."""
    found = []
    for base in (PROJECT, *SUBJECTS, *EXPERIMENTS, *(f"{base}/scans/{{scan}}" for base in EXPERIMENTS)):
        resource = f"{base}/resources/{{resource}}"
        found += [
            route(f"{base}/resources", GET=resources.listed),
            route(resource, GET=resources.get, PUT=resources.put, DELETE=resources.delete),
            route(f"{base}/files", GET=files.listed),
            route(f"{resource}/files", GET=files.listed, PUT=files.put, POST=files.put),
            route(
                f"{resource}/files/{{path...}}",
                GET=files.get,
                PUT=files.put,
                POST=files.put,
                DELETE=files.delete,
            ),
        ]
    return found


def _config() -> list[Route]:
    found = []
    for base in ("/data/config", f"{PROJECT}/config"):
        found += [
            route(base, GET=config.tools),
            route(f"{base}/{{tool}}", GET=config.of_tool),
            route(f"{base}/{{tool}}/{{path...}}", GET=config.get, PUT=config.put, DELETE=config.delete),
        ]
    return found


ROUTES = [
    *_auth(), *_site(), *_projects(), *_prearchive(), *_direct_archive(), *_services(), *_subjects(), *_experiments(),
    *_resources(), *_config(), *_tokens(), *_workflows(), *_custom_fields(), *_user_cache(), *_sandbox(),
    *container_urls.registration(), *container_urls.launches(), *event_urls.routes(),
]  # fmt: skip
