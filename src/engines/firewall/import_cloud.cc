// Deep Security's firewall rules and AWS security groups, both as their interfaces give them in JSON.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/json.h"
#include "base/text.h"
#include "engines/firewall/import_parts.h"
#include "engines/firewall/spec.h"

namespace warder::firewall {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// Members by name, without regard to case: the interface, its SDKs and exports differ in it.
class Members {
 public:
  explicit Members(const json::object& object) {
    for (const auto& member : object) members_[lower(member.key())] = &member.value();
  }
  [[nodiscard]] const json::value* find(std::string_view key) const {
    const auto at = members_.find(lower(key));
    return at == members_.end() || at->second->is_null() ? nullptr : at->second;
  }
  [[nodiscard]] std::string text(std::string_view key) const {
    const json::value* value = find(key);
    if (value == nullptr) return {};
    if (value->is_string()) return std::string(value->get_string());
    return value->is_int64() ? std::to_string(value->get_int64()) : std::string();
  }
  [[nodiscard]] bool flag(std::string_view key) const {
    const json::value* value = find(key);
    return value != nullptr && value->is_bool() && value->get_bool();
  }
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const {
    std::vector<std::string> out;
    const json::value* value = find(key);
    if (value != nullptr && value->is_string())
      for (const std::string_view part : split(value->get_string(), ',')) out.emplace_back(trim(part));
    if (value != nullptr && value->is_array())
      for (const json::value& each : value->get_array()) {
        if (each.is_string()) out.emplace_back(each.get_string());
        if (each.is_int64()) out.push_back(std::to_string(each.get_int64()));
      }
    return out;
  }

 private:
  std::map<std::string, const json::value*> members_;
};

class DeepSecurity {
 public:
  explicit DeepSecurity(const json::object& document) : document_(document) {
    read_lists("ipLists", "addresses");
    read_lists("portLists", "ports");
    read_lists("macLists", "macs");
  }

  Result<Imported> run() {
    const json::value* rules = document_.find("firewallRules");
    if (rules == nullptr || !rules->is_array()) return fail(ErrorCode::Invalid, "/firewallRules: must be a list");
    std::size_t number = 0;
    for (const json::value& each : rules->get_array()) {
      place_ = fmt::format("/firewallRules/{}", number++);
      out_.rules_read += 1;
      lost_.clear();
      if (!each.is_object()) {
        note(out_, ImportEffect::Lost, place_, "not an object");
        continue;
      }
      take(Members(each.get_object()));
    }
    out_.policy.mode = "tap";
    return std::move(out_);
  }

 private:
  void read_lists(std::string_view key, std::string_view kind) {
    const json::value* lists = document_.find(key);
    if (lists == nullptr || !lists->is_array()) return;
    for (const json::value& each : lists->get_array()) {
      if (!each.is_object()) continue;
      const Members list(each.get_object());
      NamedList named;
      named.kind = std::string(kind);
      named.name = fmt::format("{}-{}", kind, list.text("ID"));
      for (const std::string& item : list.texts("items")) named.items.push_back(lower(item.substr(0, item.find('#'))));
      for (std::string& item : named.items) item = std::string(trim(item));
      std::erase(named.items, "");
      lists_[named.name] = std::move(named);
    }
  }

  void lose(std::string why) {
    if (lost_.empty()) lost_ = std::move(why);
  }

  void use_list(std::vector<std::string>& place, std::string_view kind, const std::string& id) {
    const std::string name = fmt::format("{}-{}", kind, id);
    const auto known = lists_.find(name);
    if (known == lists_.end()) return lose(fmt::format("list {} of {} is not in the file", id, kind));
    if (known->second.items.empty()) return lose(fmt::format("list {} of {} is empty", id, kind));
    place = {"@" + name};
    const auto is_there = [&](const NamedList& list) { return list.name == name; };
    if (std::none_of(out_.policy.lists.begin(), out_.policy.lists.end(), is_there))
      out_.policy.lists.push_back(known->second);
  }

  void addresses(const Members& from, const std::string& side, std::vector<std::string>& place, bool& is_not) {
    const std::string type = lower(from.text(side + "IPType"));
    is_not = from.flag(side + "IPNot");
    if (type.empty() || type == "any") {
      if (is_not) lose("no address at all");
    } else if (type == "masked-ip") {
      place = {from.text(side + "IPValue") + "/" + from.text(side + "IPMask")};
    } else if (type == "range") {
      place = {from.text(side + "IPRangeFrom") + "-" + from.text(side + "IPRangeTo")};
    } else if (type == "single") {
      place = {from.text(side + "IPValue")};
    } else if (type == "multiple") {
      place = from.texts(side + "IPMultiple");
      if (place.empty()) lose("a list of addresses without any");
    } else if (type == "ip-list") {
      use_list(place, "addresses", from.text(side + "IPListID"));
    } else {
      lose(fmt::format("address type \"{}\" is not known", type));
    }
  }

  void macs(const Members& from, const std::string& side, std::vector<std::string>& place, bool& is_not) {
    const std::string type = lower(from.text(side + "MACType"));
    is_not = from.flag(side + "MACNot");
    if (type.empty() || type == "any") return;
    if (type == "single") {
      place = {lower(from.text(side + "MACValue"))};
    } else if (type == "multiple") {
      for (const std::string& item : from.texts(side + "MACMultiple")) place.push_back(lower(item));
    } else if (type == "mac-list") {
      use_list(place, "macs", from.text(side + "MACListID"));
    }
    for (std::string& item : place)
      if (!item.starts_with('@')) std::replace(item.begin(), item.end(), '-', ':');
    if (place.empty()) lose(fmt::format("hardware address type \"{}\" without a value", type));
  }

  void ports(const Members& from, const std::string& side, std::vector<std::string>& place, bool& is_not) {
    const std::string type = lower(from.text(side + "PortType"));
    is_not = from.flag(side + "PortNot");
    if (type.empty() || type == "any") return;
    if (type == "multiple") {
      place = from.texts(side + "PortMultiple");
      if (place.empty()) lose("a list of ports without any");
    } else if (type == "port-list") {
      use_list(place, "ports", from.text(side + "PortListID"));
    } else {
      lose(fmt::format("port type \"{}\" is not known", type));
    }
  }

  void frame_and_protocol(const Members& from, Rule& rule) {
    const std::string frame = lower(from.text("frameType"));
    rule.frame_type = frame.empty() ? "any" : frame == "other" ? from.text("frameNumber") : frame;
    if (frame == "other") {
      const auto number = parse_integer<unsigned>(rule.frame_type);
      if (number) rule.frame_type = fmt::format("0x{:04x}", *number);
    }
    rule.frame_type_not = from.flag("frameNot");
    const std::string protocol = lower(from.text("protocol"));
    rule.protocol = protocol.empty() ? "any" : protocol == "other" ? from.text("protocolNumber") : protocol;
    rule.protocol_not = from.flag("protocolNot");
  }

  void flags_and_icmp(const Members& from, Rule& rule) {
    const json::value* any = from.find("anyFlags");
    if (any != nullptr && any->is_bool() && !any->get_bool()) {
      for (const char* flag : {"fin", "syn", "rst", "psh", "ack", "urg"}) {
        const bool is_set = from.flag(std::string("TCPFlag") + flag) || from.flag(std::string("TCPFlags") + flag);
        rule.tcp_flags.push_back((is_set ? "" : "!") + std::string(flag));
      }
      rule.tcp_flags_not = from.flag("TCPNot") || from.flag("TCPFlagsNot");
    }
    const std::string type = from.text("ICMPType");
    if (type.empty()) return;
    const std::string code = from.text("ICMPCode");
    rule.icmp = {code.empty() ? type : type + "/" + code};
    rule.icmp_not = from.flag("ICMPNot");
  }

  void take(const Members& from) {
    Rule rule;
    rule.name = from.text("name").substr(0, 200);
    rule.description = from.text("description").substr(0, 4000);
    rule.id = unique_id(out_.policy, rule.name.empty() ? "rule-" + from.text("ID") : rule.name);
    rule.action = lower(from.text("action"));
    if (rule.action == "log") rule.action = "log-only";
    rule.priority = parse_integer<std::int64_t>(from.text("priority")).value_or(0);
    const std::string direction = lower(from.text("direction"));
    rule.direction = direction.empty() ? "incoming" : direction;
    frame_and_protocol(from, rule);
    addresses(from, "source", rule.source_addresses, rule.source_addresses_not);
    addresses(from, "destination", rule.destination_addresses, rule.destination_addresses_not);
    macs(from, "source", rule.source_macs, rule.source_macs_not);
    macs(from, "destination", rule.destination_macs, rule.destination_macs_not);
    ports(from, "source", rule.source_ports, rule.source_ports_not);
    ports(from, "destination", rule.destination_ports, rule.destination_ports_not);
    flags_and_icmp(from, rule);
    rule.log = !from.flag("logDisabled");
    rule.packet_data = from.flag("includePacketData");
    rule.alert = from.flag("alertEnabled");
    for (const char* condition : {"scheduleID", "contextID"}) {
      const std::string id = from.text(condition);
      if (!id.empty() && id != "0") lose(fmt::format("{} {} is not in the file", condition, id));
    }
    if (lost_.empty()) check(rule);
    if (!lost_.empty()) return note(out_, ImportEffect::Lost, place_, rule.name + ": " + lost_);
    if (rule.action == "allow" && rule.priority != 0) {
      note(out_, ImportEffect::Changed, place_, "allow rules have priority 0");
      rule.priority = 0;
    }
    out_.policy.rules.push_back(std::move(rule));
    out_.rules_carried += 1;
  }

  /// As the engine would say it.
  void check(const Rule& rule) {
    Policy alone;
    alone.lists = out_.policy.lists;
    alone.rules = {rule};
    const auto parsed = parse_policy(to_json(alone));
    if (!parsed) return lose(parsed.error().message);
    if (const auto specs = resolve_rules(*parsed); !specs) lose(specs.error().message);
  }

  Members document_;
  std::map<std::string, NamedList> lists_;
  Imported out_;
  std::string place_;
  std::string lost_;
};

class Aws {
 public:
  Result<Imported> run(const json::object& document) {
    const auto groups = get_array(document, "SecurityGroups");
    if (!groups) return fail(ErrorCode::Invalid, "/SecurityGroups: must be a list");
    std::size_t number = 0;
    for (const json::value& each : **groups) {
      const std::string place = fmt::format("/SecurityGroups/{}", number++);
      if (!each.is_object()) {
        note(out_, ImportEffect::Lost, place, "not an object");
        continue;
      }
      group_ = std::string(get_string(each.get_object(), "GroupId").value_or("group"));
      if (const auto list = get_array(each.get_object(), "IpPermissions"))
        take_list(**list, "incoming", place + "/IpPermissions");
      if (const auto list = get_array(each.get_object(), "IpPermissionsEgress"))
        take_list(**list, "outgoing", place + "/IpPermissionsEgress");
    }
    // What a group does not allow is denied; a direction without any rule would be open.
    for (const char* direction : {"incoming", "outgoing"}) close(direction);
    out_.policy.mode = "tap";
    return std::move(out_);
  }

 private:
  void close(const std::string& direction) {
    const auto is_there = [&](const Rule& rule) { return rule.direction == direction; };
    if (std::any_of(out_.policy.rules.begin(), out_.policy.rules.end(), is_there)) return;
    Rule rest;
    rest.id = unique_id(out_.policy, direction + "-nothing");
    rest.name = "Nothing is allowed";
    rest.action = "deny";
    rest.direction = direction;
    rest.frame_type = "ip";
    out_.policy.rules.push_back(std::move(rest));
  }

  void take_list(const json::array& permissions, const std::string& direction, const std::string& where) {
    std::size_t number = 0;
    for (const json::value& each : permissions) {
      const std::string place = fmt::format("{}/{}", where, number++);
      if (each.is_object()) take(each.get_object(), direction, place);
    }
  }

  static std::vector<std::string> items(const json::object& permission, std::string_view list, std::string_view key) {
    std::vector<std::string> out;
    if (const auto array = get_array(permission, list))
      for (const json::value& each : **array)
        if (each.is_object()) out.emplace_back(get_string(each.get_object(), key).value_or(""));
    return out;
  }

  void take(const json::object& permission, const std::string& direction, const std::string& place) {
    const std::string protocol(get_string(permission, "IpProtocol").value_or("-1"));
    for (const char* list : {"UserIdGroupPairs", "PrefixListIds"}) {
      const auto others =
          items(permission, list, list == std::string_view("PrefixListIds") ? "PrefixListId" : "GroupId");
      for (const std::string& other : others) {
        out_.rules_read += 1;
        note(out_, ImportEffect::Lost, place, fmt::format("{}: its addresses are not in the file", other));
      }
    }
    for (const auto& [list, key] : {std::pair("IpRanges", "CidrIp"), std::pair("Ipv6Ranges", "CidrIpv6")}) {
      const auto addresses = items(permission, list, key);
      if (addresses.empty()) continue;
      out_.rules_read += 1;
      Rule rule;
      rule.action = "allow";
      rule.direction = direction;
      rule.description = group_;
      const bool is_v6 = list == std::string_view("Ipv6Ranges");
      rule.frame_type = is_v6 ? "ipv6" : "ipv4";
      const std::string_view everything = is_v6 ? "::/0" : "0.0.0.0/0";
      if (std::find(addresses.begin(), addresses.end(), everything) == addresses.end())
        (direction == "incoming" ? rule.source_addresses : rule.destination_addresses) = addresses;
      if (const std::string why = set_protocol(permission, protocol, rule); !why.empty()) {
        note(out_, ImportEffect::Lost, place, why);
        continue;
      }
      rule.id =
          unique_id(out_.policy, fmt::format("{}-{}-{}{}", group_, rule.protocol, is_v6 ? "v6-" : "",
                                             rule.destination_ports.empty() ? "any" : rule.destination_ports.front()));
      out_.policy.rules.push_back(std::move(rule));
      out_.rules_carried += 1;
    }
  }

  static std::string set_protocol(const json::object& permission, const std::string& protocol, Rule& rule) {
    if (protocol == "-1") return {};
    rule.protocol = protocol == "58" ? "icmpv6" : protocol;
    if (!parse_protocol(rule.protocol)) return fmt::format("protocol \"{}\" is not known", protocol);
    const auto from = get_int(permission, "FromPort");
    const auto to = get_int(permission, "ToPort");
    if (!from || !to) return {};
    const auto number = *parse_protocol(rule.protocol);
    if (number == kIcmp || number == kIcmp6) {
      if (*from < 0) return {};
      rule.icmp = {*to < 0 ? std::to_string(*from) : fmt::format("{}/{}", *from, *to)};
      return {};
    }
    if (number != kTcp && number != kUdp) return {};
    if (*from < 0 || *to > 65535 || *from > *to) return fmt::format("ports {} to {} are none", *from, *to);
    if (*from > 0 || *to < 65535)
      rule.destination_ports = {*from == *to ? std::to_string(*from) : fmt::format("{}-{}", *from, *to)};
    return {};
  }

  Imported out_;
  std::string group_;
};

}  // namespace

Result<Imported> import_deep_security(const json::object& document) {
  return DeepSecurity(document).run();
}

Result<Imported> import_aws(const json::object& document) {
  return Aws().run(document);
}

}  // namespace warder::firewall
