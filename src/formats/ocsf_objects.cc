#include "formats/ocsf_objects.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"
#include "formats/ocsf_classes.h"

namespace warder::formats {
namespace {

std::string joined(std::string_view path, std::string_view name) {
  return std::string(path) + "." + std::string(name);
}

bool is_host_name(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

struct FileType {
  std::string_view name;
  int type_id;
  std::string_view caption;
};
constexpr std::array kFileTypes{
    FileType{"file", 1, "Regular File"}, FileType{"directory", 2, "Folder"},      FileType{"socket", 5, "Local Socket"},
    FileType{"fifo", 6, "Named Pipe"},   FileType{"symlink", 7, "Symbolic Link"},
};

void add_file_type(OcsfEvent& out, json::object& file) {
  const std::string_view type = out.peek("file.type");
  const auto* const row = std::ranges::find(kFileTypes, type, &FileType::name);
  if (row != kFileTypes.end()) {
    file["type_id"] = row->type_id;
    file["type"] = row->caption;
    out.mark("file.type");
  } else if (out.put(file, "type", "file.type")) {
    file["type_id"] = 99;
  } else {
    file["type_id"] = 0;
  }
}

void add_hash(OcsfEvent& out, json::object& file, std::string_view path) {
  json::object hash{{"algorithm_id", 3}, {"algorithm", "SHA-256"}};
  if (!out.put(hash, "value", "file.hash.sha256")) return;
  out.observe(joined(path, "hashes[0].value"), OcsfObservable::Hash, hash.at("value"));
  file["hashes"] = json::array{std::move(hash)};
}

// A process object wants its number.
std::optional<json::object> process_of(OcsfEvent& out, std::string_view path) {
  json::object process;
  if (!out.put_number(process, "pid", "process.pid")) return std::nullopt;
  out.put(process, "name", "process.name");
  out.put(process, "cmd_line", "process.command_line");
  if (const std::string_view program = out.peek("process.executable"); !program.empty()) {
    process["file"] = ocsf_file_at(out, program);
    out.mark("process.executable");
  }
  if (auto user = ocsf_user(out, "user.name", "user.id", joined(path, "user"))) process["user"] = std::move(*user);
  json::object parent;
  if (out.put_number(parent, "pid", "process.parent.pid")) {
    if (const std::string_view program = out.peek("process.parent.executable"); !program.empty()) {
      parent["file"] = ocsf_file_at(out, program);
      out.mark("process.parent.executable");
    }
    process["parent_process"] = std::move(parent);
  }
  return process;
}

bool is_technique(std::string_view text) {
  constexpr std::size_t kTechnique = 5;
  constexpr std::size_t kSubTechnique = 9;
  if (text.size() != kTechnique && text.size() != kSubTechnique) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 0 ? c != 'T' : i == kTechnique ? c != '.' : c < '0' || c > '9') return false;
  }
  return true;
}

struct Outcome {
  int action_id;
  std::string_view action;
  int disposition_id;
  std::string_view disposition;
};

Outcome outcome_of(OcsfEvent& out) {
  const std::string_view type = out.source().event.type;
  switch (out.source().event.action) {
    case Action::Logged:
      if (type == "anti-malware.file.restored") return {1, "Allowed", 9, "Restored"};
      if (type.find("would-") != std::string_view::npos) return {1, "Allowed", 15, "Detected"};
      if (ocsf_kind(type).class_uid == OcsfClassUid::DetectionFinding) return {1, "Allowed", 15, "Detected"};
      return {1, "Allowed", 17, "Logged"};
    case Action::Allowed:
      return {1, "Allowed", 1, "Allowed"};
    case Action::Blocked:
      if (type == "firewall.host.isolated") return {2, "Denied", 4, "Isolated"};
      return {2, "Denied", 2, "Blocked"};
    case Action::Quarantined:
      return {2, "Denied", 3, "Quarantined"};
    case Action::Killed:
      return {2, "Denied", 99, "Killed"};
    case Action::Repaired:
      if (out.peek("malware.action") == "delete") return {2, "Denied", 5, "Deleted"};
      return {2, "Denied", 11, "Corrected"};
    case Action::Failed:
      break;
  }
  return {0, "Unknown", 27, "Error"};
}

}  // namespace

std::optional<json::object> ocsf_own_endpoint(OcsfEvent& out) {
  json::object endpoint;
  const std::string& host = out.source().host;
  if (!host.empty()) {
    const std::string_view key = is_host_name(host) ? "hostname" : "name";
    endpoint[key] = out.text(host);
  }
  if (out.source().agent) endpoint["uid"] = out.source().agent->text();
  if (endpoint.empty()) return std::nullopt;
  return endpoint;
}

std::optional<json::object> ocsf_device(OcsfEvent& out) {
  auto device = ocsf_own_endpoint(out);
  if (!device) return std::nullopt;
  (*device)["type_id"] = 1;
  (*device)["type"] = "Server";
  if (const json::value* name = device->if_contains("hostname"))
    out.observe("device.hostname", OcsfObservable::Hostname, *name);
  return device;
}

std::optional<json::object> ocsf_endpoint(OcsfEvent& out, std::string_view end, std::string_view path) {
  json::object endpoint;
  if (!out.put_address(endpoint, "ip", joined(end, "ip"))) return std::nullopt;
  out.observe(joined(path, "ip"), OcsfObservable::IpAddress, endpoint.at("ip"));
  constexpr std::int64_t kMaxPort = 65'535;
  out.put_number(endpoint, "port", joined(end, "port"), kMaxPort);
  if (end == "source") out.put_mac(endpoint, "mac", "source.mac");
  const std::string_view direction = out.peek("network.direction");
  if ((end == "source" && direction == "outbound") || (end == "destination" && direction == "inbound"))
    out.put(endpoint, "interface_name", "network.interface");
  return endpoint;
}

json::object ocsf_connection(OcsfEvent& out) {
  json::object connection;
  const std::string_view direction = out.peek("network.direction");
  const bool is_inbound = direction == "inbound";
  if (is_inbound || direction == "outbound") {
    connection["direction_id"] = is_inbound ? 1 : 2;
    connection["direction"] = is_inbound ? "Inbound" : "Outbound";
    out.mark("network.direction");
  } else {
    connection["direction_id"] = 0;
  }
  out.put(connection, "protocol_name", "network.protocol");
  out.put_number_as_text(connection, "uid", "network.flow");
  return connection;
}

json::object ocsf_file_at(OcsfEvent& out, std::string_view file_path) {
  const std::string_view base = file_path.substr(file_path.rfind('/') + 1);
  return {{"name", out.text(base.empty() ? file_path : base)}, {"path", out.text(file_path)}, {"type_id", 0}};
}

std::optional<json::object> ocsf_file(OcsfEvent& out, std::string_view path) {
  const std::string_view file_path = out.peek("file.path");
  if (file_path.empty()) return std::nullopt;
  json::object file = ocsf_file_at(out, file_path);
  out.mark("file.path");
  out.observe(joined(path, "path"), OcsfObservable::FilePath, file.at("path"));
  add_file_type(out, file);
  add_hash(out, file, path);
  out.put_number(file, "size", "file.size", kMaxLong);
  out.put_time(file, "modified_time", "file.mtime");
  out.put_number_as_text(file, "uid", "file.inode");
  json::object owner;
  out.put(owner, "name", "file.owner");
  out.put_number_as_text(owner, "uid", "file.uid");
  if (!owner.empty()) file["owner"] = std::move(owner);
  return file;
}

std::optional<json::object> ocsf_user(OcsfEvent& out, std::string_view name_field, std::string_view id_field,
                                      std::string_view path) {
  json::object user;
  if (out.put(user, "name", name_field)) out.observe(joined(path, "name"), OcsfObservable::UserName, user.at("name"));
  out.put_number_as_text(user, "uid", id_field);
  if (user.empty()) return std::nullopt;
  return user;
}

std::optional<json::object> ocsf_actor(OcsfEvent& out, std::string_view path) {
  json::object actor;
  auto process = process_of(out, joined(path, "process"));
  // Who logged in is who acts; a process may run as another user.
  auto user = ocsf_user(out, "user.login_name", "user.login_id", joined(path, "user"));
  if (!user && !process) user = ocsf_user(out, "user.name", "user.id", joined(path, "user"));
  if (process) actor["process"] = std::move(*process);
  if (user) actor["user"] = std::move(*user);
  if (actor.empty()) return std::nullopt;
  return actor;
}

json::array ocsf_attacks(OcsfEvent& out) {
  json::array attacks;
  const std::string_view all = out.peek("rule.attack");
  if (all.empty()) return attacks;
  for (const std::string_view each : split(all, ',')) {
    if (!is_technique(each)) return {};
    const std::string_view technique = each.substr(0, each.find('.'));
    json::object attack{{"technique", json::object{{"uid", technique}}}};
    if (technique != each) attack["sub_technique"] = json::object{{"uid", each}};
    attacks.push_back(std::move(attack));
  }
  out.mark("rule.attack");
  return attacks;
}

json::object ocsf_product(OcsfEvent& out) {
  const bool is_manager = out.source().event.module == ModuleKind::Manager;
  return {{"name", is_manager ? "Warder Manager" : "Warder Agent"},
          {"vendor_name", "Warder"},
          {"version", out.text(out.options().version)},
          {"feature", json::object{{"name", name(out.source().event.module)}}}};
}

void add_security_control(OcsfEvent& out) {
  const Outcome outcome = outcome_of(out);
  out.use_profile("security_control");
  out.body["action_id"] = outcome.action_id;
  out.body["action"] = outcome.action;
  out.body["disposition_id"] = outcome.disposition_id;
  out.body["disposition"] = outcome.disposition;
}

void add_status(OcsfEvent& out, bool is_success) {
  out.body["status_id"] = is_success ? 1 : 2;
  out.body["status"] = is_success ? "Success" : "Failure";
}

void add_status_detail(OcsfEvent& out) {
  if (!out.put(out.body, "status_detail", "error")) out.put(out.body, "status_detail", "reason");
}

}  // namespace warder::formats
