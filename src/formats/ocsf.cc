#include "formats/ocsf.h"

#include <algorithm>
#include <array>

#include "formats/ocsf_bodies.h"
#include "formats/ocsf_objects.h"

namespace warder::formats {
namespace {

struct Filler {
  OcsfClassUid uid;
  bool (*fill)(OcsfEvent& out, const OcsfKind& kind);
  bool needs_device;
};
constexpr std::array kFillers{
    Filler{OcsfClassUid::BaseEvent, &fill_base_event, false},
    Filler{OcsfClassUid::FileSystemActivity, &fill_file_system_activity, true},
    Filler{OcsfClassUid::DetectionFinding, &fill_detection_finding, false},
    Filler{OcsfClassUid::Authentication, &fill_authentication, false},
    Filler{OcsfClassUid::EntityManagement, &fill_entity_management, false},
    Filler{OcsfClassUid::NetworkActivity, &fill_network_activity, false},
    Filler{OcsfClassUid::DeviceConfigStateChange, &fill_device_config_state_change, true},
    Filler{OcsfClassUid::ApplicationLifecycle, &fill_application_lifecycle, false},
    Filler{OcsfClassUid::ApiActivity, &fill_api_activity, false},
    Filler{OcsfClassUid::ScanActivity, &fill_scan_activity, false},
    Filler{OcsfClassUid::ApplicationError, &fill_application_error, false},
    Filler{OcsfClassUid::RemediationActivity, &fill_remediation, false},
    Filler{OcsfClassUid::FileRemediationActivity, &fill_file_remediation, false},
};

OcsfKind kind_of(const OcsfEvent& out) {
  if (is_login(out)) return {OcsfClassUid::Authentication, 1, "Logon"};
  return ocsf_kind(out.source().event.type);
}

/// What the class holds; the kind that it came to be.
OcsfKind fill(OcsfEvent& out) {
  const OcsfKind kind = kind_of(out);
  const Filler& filler = *std::ranges::find(kFillers, kind.class_uid, &Filler::uid);
  const bool is_known = !filler.needs_device || out.source().agent || !out.source().host.empty();
  if (is_known && filler.fill(out, kind)) return kind;
  out.reset();
  const OcsfKind other{OcsfClassUid::BaseEvent, kOtherActivity, kind.activity_name};
  fill_base_event(out, other);
  return other;
}

// The rule's id, where the class has no attribute for it.
void add_rule(OcsfEvent& out) {
  const std::string& rule = out.source().event.rule;
  if (rule.empty() || out.body.contains("firewall_rule")) return;
  if (const json::value* info = out.body.if_contains("finding_info"); info != nullptr) return;
  out.add_unmapped("rule", out.text(rule));
}

void add_origin(OcsfEvent& out) {
  const OutgoingEvent& source = out.source();
  if (auto device = ocsf_device(out)) {
    out.use_profile("host");
    out.body["device"] = std::move(*device);
  }
  if (source.event.action != Action::Logged && !out.body.contains("action_id")) add_security_control(out);
  out.put(out.body, "raw_data", "log.line");
  if (!out.body.contains("num_files") && !out.body.contains("num_detections"))
    out.put_number(out.body, "count", "count");
  out.put_number(out.body, "duration", "duration_ms");
  if (!source.tenant_name.empty()) out.add_unmapped("tenant", out.text(source.tenant_name));
  add_rule(out);
}

void add_metadata(OcsfEvent& out) {
  const OutgoingEvent& source = out.source();
  json::object& metadata = out.metadata;
  metadata["version"] = "1.8.0";
  metadata["uid"] = source.event.id.text();
  metadata["product"] = ocsf_product(out);
  metadata["tenant_uid"] = source.tenant.text();
  metadata["event_code"] = out.text(source.event.type);
  metadata["logged_time"] = to_micros(source.received) / 1000;
  out.put(metadata, "log_source", "log.source");
  out.put(metadata, "original_time", "log.time");
  if (!source.number) return;
  if (*source.number <= static_cast<std::uint64_t>(kMaxInteger)) {
    metadata["sequence"] = *source.number;
  } else {
    out.add_unmapped("number", *source.number);
  }
}

struct SeverityRow {
  int id;
  std::string_view name;
};
constexpr std::array kSeverityRows{SeverityRow{1, "Informational"}, SeverityRow{2, "Low"}, SeverityRow{3, "Medium"},
                                   SeverityRow{4, "High"}, SeverityRow{5, "Critical"}};

}  // namespace

std::string render_ocsf(const OutgoingEvent& event, const RenderOptions& options) {
  OcsfEvent out(event, options);
  const OcsfKind kind = fill(out);
  add_origin(out);
  add_metadata(out);
  const OcsfClass& its_class = ocsf_class(kind.class_uid);
  const int class_uid = static_cast<int>(kind.class_uid);
  const SeverityRow& severity = kSeverityRows[static_cast<std::size_t>(event.event.severity)];
  json::object head{{"class_uid", class_uid},
                    {"class_name", its_class.name},
                    {"category_uid", its_class.category_uid},
                    {"category_name", its_class.category_name},
                    {"activity_id", kind.activity_id},
                    {"activity_name", kind.activity_name},
                    {"type_uid", class_uid * 100 + kind.activity_id},
                    {"type_name", std::string(its_class.name) + ": " + std::string(kind.activity_name)},
                    {"severity_id", severity.id},
                    {"severity", severity.name},
                    {"time", to_micros(event.event.time) / 1000},
                    {"message", out.text(event.title)}};
  return json::serialize(out.finish(std::move(head)));
}

}  // namespace warder::formats
