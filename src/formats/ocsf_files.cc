// Changes of files, what is done about files and hosts, and scans of them.
#include "formats/ocsf_bodies.h"
#include "formats/ocsf_objects.h"

namespace warder::formats {
namespace {

constexpr int kRename = 5;

// The command that asked for it; the event itself where nobody did.
void add_command(OcsfEvent& out) {
  if (out.put(out.body, "command_uid", "command.id") || out.put(out.body, "command_uid", "quarantine.id")) return;
  out.body["command_uid"] = out.source().event.id.text();
}

void add_actor_or_unknown(OcsfEvent& out) {
  if (auto actor = ocsf_actor(out, "actor")) {
    out.body["actor"] = std::move(*actor);
  } else {
    out.body["actor"] = json::object{{"user", json::object{{"name", "Unknown"}, {"type_id", 0}, {"type", "Unknown"}}}};
  }
}

}  // namespace

bool fill_file_system_activity(OcsfEvent& out, const OcsfKind& kind) {
  const bool is_rename = kind.activity_id == kRename && !out.peek("file.path.was").empty();
  auto file = ocsf_file(out, is_rename ? "file_result" : "file");
  if (!file) return false;
  if (is_rename) {
    out.body["file"] = ocsf_file_at(out, out.peek("file.path.was"));
    out.mark("file.path.was");
    out.body["file_result"] = std::move(*file);
  } else {
    out.body["file"] = std::move(*file);
  }
  add_actor_or_unknown(out);
  add_status(out, out.source().event.action != Action::Blocked);
  add_status_detail(out);
  return true;
}

bool fill_remediation(OcsfEvent& out, const OcsfKind&) {
  add_command(out);
  add_status(out, out.source().event.action != Action::Failed);
  add_status_detail(out);
  return true;
}

bool fill_file_remediation(OcsfEvent& out, const OcsfKind& kind) {
  auto file = ocsf_file(out, "file");
  if (!file) return false;
  out.body["file"] = std::move(*file);
  add_security_control(out);
  return fill_remediation(out, kind);
}

bool fill_scan_activity(OcsfEvent& out, const OcsfKind&) {
  json::object scan{{"type_id", 0}, {"type", "Unknown"}};
  const std::string_view kind = out.peek("scan.kind");
  if (kind == "manual") {
    scan = {{"type_id", 1}, {"type", "Manual"}};
  } else if (out.put(scan, "type", "scan.kind")) {
    scan["type_id"] = 99;
  }
  const std::string_view type = out.source().event.type;
  scan["name"] = out.put(scan, "name", "scan.kind") ? scan.at("name") : json::value(out.text(type));
  out.body["scan"] = std::move(scan);
  // A comparison with the baseline counts what it found, the others what they looked at.
  const bool counts_changes = type == "integrity.rescan.finished";
  out.put_number(out.body, counts_changes ? "num_detections" : "num_files", "count");
  out.put_number(out.body, "num_skipped_items", "scan.errors");
  const EventValue* infected = out.source().event.find("scan.infected");
  const EventValue* suspicious = out.source().event.find("scan.suspicious");
  std::int64_t found = 0;
  for (const EventValue* each : {infected, suspicious}) {
    const auto* number = each == nullptr ? nullptr : std::get_if<std::int64_t>(each);
    if (number != nullptr && *number > 0 && *number <= kMaxInteger) found += *number;
  }
  if (infected != nullptr && found <= kMaxInteger && !counts_changes) out.body["num_detections"] = found;
  out.put(out.body, "command_uid", "command.id");
  add_status(out, out.source().event.action != Action::Failed);
  add_status_detail(out);
  return true;
}

}  // namespace warder::formats
