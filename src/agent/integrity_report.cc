#include "agent/integrity_report.h"

#include <fmt/format.h>

#include "agent/event_text.h"
#include "base/random.h"
#include "base/text.h"
#include "protocol/protocol.h"

namespace warder::agent {
namespace {

using integrity::Attribute;
using integrity::Entity;

std::string octal(std::uint32_t mode) {
  return fmt::format("{:04o}", mode);
}

std::string hex(const crypto::Digest& digest) {
  return to_hex(digest);
}

// What the file is, or was before it went.
void describe(Event& event, const Entity& entity, host::ProcessTable& processes) {
  event.set("file.type", std::string(host::name(entity.stat.kind)));
  event.set("file.mode", octal(entity.stat.mode));
  event.set("file.uid", std::int64_t{entity.stat.uid});
  event.set("file.gid", std::int64_t{entity.stat.gid});
  set_event_text(event, "file.owner", processes.user_name(entity.stat.uid));
  set_event_text(event, "file.group", processes.group_name(entity.stat.gid));
  event.set("file.inode", static_cast<std::int64_t>(entity.stat.inode));
  if (entity.stat.kind == host::FileKind::Regular) event.set("file.size", static_cast<std::int64_t>(entity.stat.bytes));
  if (entity.digest) event.set("file.hash.sha256", hex(*entity.digest));
  set_event_text(event, "file.target", entity.target);
}

void describe_difference(Event& event, const integrity::Finding& finding, host::ProcessTable& processes) {
  const Entity& was = *finding.was;
  const auto set = finding.changed;
  if (set != 0) event.set("change.attributes", integrity::text(set));
  if (contains(set, Attribute::Mode)) event.set("file.mode.was", octal(was.stat.mode));
  if (contains(set, Attribute::Owner)) set_event_text(event, "file.owner.was", processes.user_name(was.stat.uid));
  if (contains(set, Attribute::Size)) event.set("file.size.was", static_cast<std::int64_t>(was.stat.bytes));
  if (contains(set, Attribute::Content) && was.digest) event.set("file.hash.sha256.was", hex(*was.digest));
  // One more attribute has room here: those that have no field of their own.
  if (contains(set, Attribute::Target)) {
    set_event_text(event, "change.was", was.target);
    set_event_text(event, "change.is", finding.is->target);
  } else if (contains(set, Attribute::Type)) {
    event.set("change.was", std::string(host::name(was.stat.kind)));
    event.set("change.is", std::string(host::name(finding.is->stat.kind)));
  } else if (contains(set, Attribute::Group)) {
    set_event_text(event, "change.was", processes.group_name(was.stat.gid));
    set_event_text(event, "change.is", processes.group_name(finding.is->stat.gid));
  }
}

}  // namespace

Event make_finding_event(const integrity::Finding& finding, const std::optional<host::ProcessInfo>& actor,
                         bool seen_happening, host::ProcessTable& processes) {
  Event event;
  event.module = ModuleKind::Integrity;
  event.type = message_id(finding.kind);
  event.severity = finding.severity;
  event.rule = finding.rule;
  set_event_text(event, "file.path", finding.path);
  set_event_text(event, "file.path.was", finding.old_path);
  set_event_text(event, "watch.path", finding.rule);
  event.set("change.while_stopped", !seen_happening);
  if (finding.is || finding.was) describe(event, finding.is ? *finding.is : *finding.was, processes);
  if (finding.is && finding.was) describe_difference(event, finding, processes);
  if (const auto state = finding.is ? integrity::golden_state(*finding.is) : std::nullopt)
    event.set("file.state", hex(*state));
  if (actor) describe_process(event, *actor, processes);
  return event;
}

Event make_entity_event(const integrity::ThingChange& change) {
  const auto type_of = [](integrity::ChangeKind kind) {
    switch (kind) {
      case integrity::ChangeKind::Created:
        return "integrity.entity.created";
      case integrity::ChangeKind::Deleted:
        return "integrity.entity.deleted";
      case integrity::ChangeKind::Updated:
      case integrity::ChangeKind::Renamed:
        return "integrity.entity.updated";
    }
    return "integrity.entity.updated";
  };
  const auto values = [&](const integrity::Thing* thing) {
    std::string text;
    if (thing == nullptr) return text;
    for (const std::string& property : change.properties) {
      const auto at = thing->properties.find(property);
      if (at == thing->properties.end()) continue;
      text += (text.empty() ? "" : ", ") + property + "=" + at->second;
    }
    return text;
  };
  Event event;
  event.module = ModuleKind::Integrity;
  event.type = type_of(change.kind);
  event.severity = change.rule->severity;
  event.rule = change.rule->id;
  set_event_text(event, "entity.kind", name(change.set));
  set_event_text(event, "entity.key", (change.is != nullptr ? change.is : change.was)->key);
  event.set("change.while_stopped", true);
  std::string properties;
  for (const std::string& property : change.properties) properties += (properties.empty() ? "" : ",") + property;
  set_event_text(event, "change.attributes", properties);
  set_event_text(event, "change.was", values(change.was));
  set_event_text(event, "change.is", values(change.is));
  return event;
}

void mark_explained(Event& event, std::string_view by) {
  event.severity = Severity::Info;
  set_event_text(event, "change.explained_by", by);
}

IntegrityReporter::IntegrityReporter(integrity::Baseline& baseline, EventSink& events, const host::Clock& clock)
    : baseline_(baseline), events_(events), clock_(clock), ids_(fill_random) {}

Result<void> IntegrityReporter::resend() {
  const auto pending = WD_TRY(baseline_.pending());
  if (pending.empty()) return {};
  std::vector<Event> events;
  for (const integrity::PendingReport& report : pending) {
    protocol::Event wire;
    if (!wire.ParseFromString(report.event)) return fail(ErrorCode::Corrupt, "baseline: a kept event is damaged");
    events.push_back(WD_TRY(protocol::from_wire(wire)));
  }
  WD_TRY(events_.emit(events));
  return baseline_.commit();
}

Result<void> IntegrityReporter::send(std::vector<IntegrityReport> reports,
                                     const std::vector<integrity::BaselineChange>& silent,
                                     const std::optional<std::string>& scope) {
  if (reports.empty() && silent.empty() && !scope) return {};
  std::vector<integrity::PendingReport> pending;
  std::vector<Event> events;
  for (IntegrityReport& report : reports) {
    report.event.time = clock_.now();
    report.event.id = EventId{ids_.next(report.event.time)};
    protocol::Event wire;
    protocol::to_wire(report.event, &wire);
    pending.push_back({wire.SerializeAsString(), std::move(report.changes)});
    events.push_back(std::move(report.event));
  }
  WD_TRY(baseline_.begin(pending, silent));
  if (events.empty() && !scope) return {};
  if (!events.empty()) WD_TRY(events_.emit(events));
  return baseline_.commit(scope);
}

}  // namespace warder::agent
