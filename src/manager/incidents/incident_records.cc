// What hangs on an incident: its timeline, tasks, links and isolations.
#include "base/json.h"
#include "base/text.h"
#include "manager/identity/rows.h"
#include "manager/incidents/incident_rows.h"

namespace warder::manager {
namespace {

Result<std::int64_t> count_of(Db& db, std::string_view sql, const std::string& incident) {
  const auto found =
      WD_TRY(read_row(db, sql, {incident}, [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  return found.value_or(0);
}

Result<json::object> read_object(const std::string& text) {
  json::value value = WD_TRY(parse_json(text));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "incident: no object");
  return std::move(value.get_object());
}

Result<IncidentTask> read_task(const Row& row) {
  return IncidentTask{row.text(0), row.text(1), row.text(2), from_micros(row.integer(3)), optional_time_at(row, 4)};
}

constexpr std::string_view kTask = "SELECT id, title, assignee, created, done FROM incident_tasks WHERE ";

}  // namespace

Result<void> Incidents::append(Db& db, const TenantScope& scope, const Incident& incident, Step step) {
  const std::string id = incident.id.text();
  const std::int64_t lines =
      WD_TRY(count_of(db, "SELECT COALESCE(max(number), 0) FROM incident_timeline WHERE incident = ?1", id));
  if (lines >= static_cast<std::int64_t>(kMaxTimeline))
    return fail(ErrorCode::TooMany, "the timeline is full: " + std::to_string(kMaxTimeline) + " lines");
  WD_TRY(db.execute(
      "INSERT INTO incident_timeline (incident, number, time, actor, kind, text, detail) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      {id, lines + 1, to_micros(clock_.now()), scope.actor(), step.kind, step.text, json::serialize(step.detail)}));
  AuditRecord record;
  record.action = "incident." + step.kind;
  record.object = "incident:" + id;
  record.detail = std::move(step.detail);
  record.detail["number"] = incident.number;
  record.detail["line"] = lines + 1;
  WD_TRY(audit_.append_in(db, scope, std::move(record)));
  return {};
}

Result<Page<TimelineEntry>> Incidents::timeline(const TenantScope& scope, const IncidentId& id,
                                                const PageRequest& page) {
  std::int64_t after = 0;
  if (!page.cursor.empty()) {
    const auto read = parse_integer<std::int64_t>(WD_TRY(key_of_cursor(page.cursor)));
    if (!read) return fail(ErrorCode::Invalid, "cursor: not one of this list");
    after = *read;
  }
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(find_incident(*db, id));
  Page<TimelineEntry> found;
  found.items = WD_TRY(read_rows(
      *db,
      "SELECT number, time, actor, kind, text, detail FROM incident_timeline WHERE incident = ?1 AND number > ?2 "
      "ORDER BY number LIMIT ?3",
      {id.text(), after, static_cast<std::int64_t>(page.limit) + 1}, [](const Row& row) -> Result<TimelineEntry> {
        return TimelineEntry{row.integer(0), from_micros(row.integer(1)),     row.text(2), row.text(3),
                             row.text(4),    WD_TRY(read_object(row.text(5)))};
      }));
  if (found.items.size() > page.limit) {
    found.items.resize(page.limit);
    found.next_cursor = cursor_of(std::to_string(found.items.back().number));
  }
  return found;
}

Result<IncidentTask> Incidents::add_task(const TenantScope& scope, const IncidentId& id, const std::string& title,
                                         const std::string& assignee) {
  if (trim(title).empty() || title.size() > 1000 || !is_utf8(title))
    return fail(ErrorCode::Invalid, "/title: is empty, too long or no text");
  if (!assignee.empty()) WD_TRY(parse_id<UserId>(assignee).in("/assignee"));
  IncidentTask task{make_id<EventId>(clock_.now()).text(), title, assignee, clock_.now(), {}};
  WD_TRY(edit(scope, id, "*", [&](Db& db, Incident&) -> Result<Step> {
    const std::int64_t tasks =
        WD_TRY(count_of(db, "SELECT count(*) FROM incident_tasks WHERE incident = ?1", id.text()));
    if (tasks >= static_cast<std::int64_t>(kMaxTasks)) return fail(ErrorCode::TooMany, "there are too many tasks");
    WD_TRY(db.execute("INSERT INTO incident_tasks (id, incident, title, assignee, created) VALUES (?1, ?2, ?3, ?4, ?5)",
                      {task.id, id.text(), task.title, task.assignee, to_micros(task.created)}));
    return Step{"task", task.title, {{"task", task.id}, {"assignee", task.assignee}}};
  }));
  return task;
}

Result<IncidentTask> Incidents::finish_task(const TenantScope& scope, const IncidentId& id, const std::string& task) {
  IncidentTask done;
  WD_TRY(edit(scope, id, "*", [&](Db& db, Incident&) -> Result<Step> {
    const auto found =
        WD_TRY(read_row(db, std::string(kTask) + "id = ?1 AND incident = ?2", {task, id.text()}, read_task));
    if (!found) return fail(ErrorCode::NotFound, "no such task");
    if (found->done) return fail(ErrorCode::Conflict, "the task is done already");
    done = *found;
    done.done = clock_.now();
    WD_TRY(db.execute("UPDATE incident_tasks SET done = ?2 WHERE id = ?1", {task, to_micros(*done.done)}));
    return Step{"task", done.title, {{"task", done.id}, {"done", true}}};
  }));
  return done;
}

Result<std::vector<IncidentTask>> Incidents::tasks(const TenantScope& scope, const IncidentId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(find_incident(*db, id));
  return read_rows(*db, std::string(kTask) + "incident = ?1 ORDER BY id", {id.text()}, read_task);
}

Result<std::vector<IncidentLink>> Incidents::links(const TenantScope& scope, const IncidentId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(find_incident(*db, id));
  return read_rows(*db, "SELECT kind, id, snapshot FROM incident_links WHERE incident = ?1 ORDER BY kind, id",
                   {id.text()}, [](const Row& row) -> Result<IncidentLink> {
                     return IncidentLink{row.text(0), row.text(1), WD_TRY(read_object(row.text(2)))};
                   });
}

Result<void> Incidents::note_isolation(const TenantScope& scope, const IncidentId& id,
                                       const IncidentIsolation& isolation) {
  WD_TRY(edit(scope, id, "*", [&](Db& db, Incident&) -> Result<Step> {
    WD_TRY(db.execute(
        "INSERT INTO incident_isolations (incident, command, agent, action, time) "
        "VALUES (?1, ?2, ?3, ?4, ?5)",
        {id.text(), isolation.command, isolation.agent.text(), isolation.action, to_micros(isolation.time)}));
    return Step{"isolation", isolation.action, {{"agent", isolation.agent.text()}, {"command", isolation.command}}};
  }));
  return {};
}

Result<std::vector<IncidentIsolation>> Incidents::isolations(const TenantScope& scope, const IncidentId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(find_incident(*db, id));
  return read_rows(
      *db, "SELECT agent, action, command, time FROM incident_isolations WHERE incident = ?1 ORDER BY time, command",
      {id.text()}, [](const Row& row) -> Result<IncidentIsolation> {
        return IncidentIsolation{WD_TRY(parse_id<AgentId>(row.text(0))), row.text(1), row.text(2),
                                 from_micros(row.integer(3))};
      });
}

}  // namespace warder::manager
