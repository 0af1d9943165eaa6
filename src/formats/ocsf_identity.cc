// Authentication: lines about logins. Entity Management: users, ports, packages … of a host, and hosts that are
// enrolled.
#include <algorithm>

#include "base/text.h"
#include "formats/ocsf_bodies.h"
#include "formats/ocsf_objects.h"

namespace warder::formats {
namespace {

bool has_group(const OcsfEvent& out, std::string_view group) {
  const auto groups = split(out.peek("rule.groups"), ',');
  return std::ranges::find(groups, group) != groups.end();
}

bool is_success(const OcsfEvent& out) {
  return has_group(out, "authentication_success");
}

std::optional<json::object> service_of(OcsfEvent& out) {
  json::object service;
  if (!out.put(service, "name", "log.program")) return std::nullopt;
  return service;
}

void fill_entity(OcsfEvent& out, json::object& entity) {
  const std::string_view kind = out.peek("entity.kind");
  const bool is_user = kind == "UserSet";
  if (!out.put(entity, "name", "entity.key")) entity["name"] = "Unknown";
  if (is_user || kind == "GroupSet") {
    entity["type_id"] = is_user ? 2 : 3;
    entity["type"] = is_user ? "User" : "Group";
    entity[is_user ? "user" : "group"] = json::object{{"name", entity.at("name")}};
    out.mark("entity.kind");
  } else if (out.put(entity, "type", "entity.kind")) {
    entity["type_id"] = 99;
  } else {
    entity["type_id"] = 0;
  }
}

}  // namespace

// Who guesses passwords is a finding; a login that is suspicious too.
bool is_login(const OcsfEvent& out) {
  return out.source().event.type == "log-inspection.rule.matched" && !out.peek("user.name").empty() &&
         !has_group(out, "attack") &&
         (is_success(out) || has_group(out, "authentication_failed") || has_group(out, "invalid_login"));
}

bool fill_authentication(OcsfEvent& out, const OcsfKind&) {
  auto user = ocsf_user(out, "user.name", "user.id", "user");
  auto service = service_of(out);
  auto target = ocsf_own_endpoint(out);
  if (!user || (!service && !target)) return false;
  out.body["user"] = std::move(*user);
  if (service) out.body["service"] = std::move(*service);
  if (target) out.body["dst_endpoint"] = std::move(*target);
  if (auto actor = ocsf_user(out, "user.login_name", "user.login_id", "actor.user"))
    out.body["actor"] = json::object{{"user", std::move(*actor)}};
  if (auto source = ocsf_endpoint(out, "source", "src_endpoint")) {
    out.body["src_endpoint"] = std::move(*source);
    out.body["is_remote"] = true;
  }
  if (json::array attacks = ocsf_attacks(out); !attacks.empty()) {
    out.body["attacks"] = std::move(attacks);
    add_security_control(out);
  }
  add_status(out, is_success(out));
  out.put(out.body, "status_detail", "rule.description");
  return true;
}

bool fill_entity_management(OcsfEvent& out, const OcsfKind&) {
  json::object entity;
  if (out.source().event.type == "agent.enrolled") {
    auto device = ocsf_device(out);
    if (!device) return false;
    entity = {{"type_id", 1}, {"type", "Device"}};
    if (const json::value* name = device->if_contains("hostname")) entity["name"] = *name;
    if (const json::value* uid = device->if_contains("uid")) entity["uid"] = *uid;
    entity["device"] = std::move(*device);
  } else {
    fill_entity(out, entity);
  }
  out.body["entity"] = std::move(entity);
  if (auto actor = ocsf_actor(out, "actor")) out.body["actor"] = std::move(*actor);
  out.put(out.body, "comment", "change.explained_reason");
  add_status(out, out.source().event.action != Action::Failed);
  add_status_detail(out);
  return true;
}

}  // namespace warder::formats
