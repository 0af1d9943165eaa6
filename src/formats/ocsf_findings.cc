// Detection Finding: malware, matches of rules, tampering, reconnaissance.
#include <optional>
#include <string>

#include "base/address.h"
#include "base/text.h"
#include "formats/ocsf_bodies.h"
#include "formats/ocsf_objects.h"

namespace warder::formats {
namespace {

// The same for the begin and the end of reconnaissance; else each event is a finding of its own.
std::string finding_uid(const OcsfEvent& out) {
  constexpr std::size_t kMaxKind = 32;
  const OutgoingEvent& source = out.source();
  const std::string_view from = out.peek("source.ip");
  const std::string_view kind = out.peek("firewall.recon");
  if (!source.event.type.starts_with("firewall.recon.") || !source.agent || !parse_ip(from) || kind.size() > kMaxKind ||
      !is_utf8(kind))
    return source.event.id.text();
  return "recon:" + source.agent->text() + ":" + std::string(from) + ":" + std::string(kind);
}

void add_analytic(OcsfEvent& out, json::object& info) {
  json::object analytic;
  const bool has_id = !out.source().event.rule.empty();
  if (has_id) analytic["uid"] = out.text(out.source().event.rule);
  const bool has_name = out.put(analytic, "name", "rule.description");
  if (!has_id && !has_name) return;
  analytic["type_id"] = 1;
  analytic["type"] = "Rule";
  out.put(analytic, "category", "rule.groups");
  out.put_number_as_text(analytic, "version", "rule.revision");
  info["analytic"] = std::move(analytic);
}

void add_finding_info(OcsfEvent& out) {
  json::object info{{"uid", finding_uid(out)}, {"created_time", to_micros(out.source().event.time) / 1000}};
  info["title"] = out.text(out.source().title);
  add_analytic(out, info);
  if (json::array attacks = ocsf_attacks(out); !attacks.empty()) {
    out.body["attacks"] = attacks;
    info["attacks"] = std::move(attacks);
  }
  out.body["finding_info"] = std::move(info);
}

void add_malware(OcsfEvent& out, const std::optional<json::object>& file) {
  if (out.source().event.module != ModuleKind::AntiMalware) return;
  const bool is_ransomware = out.source().event.type == "anti-malware.ransomware";
  json::object malware;
  if (!out.put(malware, "name", "malware.signature")) malware["name"] = is_ransomware ? "Ransomware" : "Unknown";
  malware["classification_ids"] = json::array{is_ransomware ? 10 : 0};
  malware["classifications"] = json::array{is_ransomware ? "Ransomware" : "Unknown"};
  out.put(malware, "provider", "malware.engine");
  if (file) malware["files"] = json::array{*file};
  out.body["malware"] = json::array{std::move(malware)};
}

void add_evidence(OcsfEvent& out, std::optional<json::object> file) {
  json::object evidence;
  if (auto actor = ocsf_actor(out, "evidences[0].actor")) evidence["actor"] = std::move(*actor);
  auto source = ocsf_endpoint(out, "source", "evidences[0].src_endpoint");
  auto destination = ocsf_endpoint(out, "destination", "evidences[0].dst_endpoint");
  if (source || destination) evidence["connection_info"] = ocsf_connection(out);
  if (source) evidence["src_endpoint"] = std::move(*source);
  if (destination) evidence["dst_endpoint"] = std::move(*destination);
  if (file) evidence["file"] = std::move(*file);
  json::object data;
  out.put(data, "packet", "packet.data");
  if (!data.empty()) evidence["data"] = std::move(data);
  if (!evidence.empty()) out.body["evidences"] = json::array{std::move(evidence)};
}

}  // namespace

bool fill_detection_finding(OcsfEvent& out, const OcsfKind& kind) {
  constexpr int kClose = 3;
  const bool is_over = kind.activity_id == kClose;
  add_finding_info(out);
  std::optional<json::object> file = ocsf_file(out, "evidences[0].file");
  add_malware(out, file);
  add_evidence(out, std::move(file));
  add_security_control(out);
  out.body["is_alert"] = !is_over && out.source().event.severity >= Severity::Medium;
  out.body["status_id"] = is_over ? 4 : 1;
  out.body["status"] = is_over ? "Resolved" : "New";
  add_status_detail(out);
  return true;
}

}  // namespace warder::formats
