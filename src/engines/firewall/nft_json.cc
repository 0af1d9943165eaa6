#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "base/text.h"
#include "engines/firewall/nft.h"
#include "model/kernel_names.h"

namespace warder::firewall {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxInlineItems = 16;

std::string_view family_name(Table table) {
  switch (table) {
    case Table::Inet:
      return "inet";
    case Table::Arp:
      return "arp";
    case Table::Netdev:
      return "netdev";
  }
  return "inet";
}

std::string_view hook_name(Hook hook) {
  switch (hook) {
    case Hook::None:
      return "";
    case Hook::Prerouting:
      return "prerouting";
    case Hook::Input:
      return "input";
    case Hook::Forward:
      return "forward";
    case Hook::Output:
      return "output";
    case Hook::Ingress:
      return "ingress";
    case Hook::Egress:
      return "egress";
  }
  return "";
}

json::value meta(std::string_view key) {
  return json::object{{"meta", json::object{{"key", key}}}};
}
json::value ct(std::string_view key) {
  return json::object{{"ct", json::object{{"key", key}}}};
}
json::value payload(std::string_view protocol, std::string_view field) {
  return json::object{{"payload", json::object{{"protocol", protocol}, {"field", field}}}};
}
json::value masked(json::value left, std::int64_t mask) {
  return json::object{{"&", json::array{std::move(left), mask}}};
}
json::value match(std::string_view op, json::value left, json::value right) {
  return json::object{{"match", json::object{{"op", op}, {"left", std::move(left)}, {"right", std::move(right)}}}};
}

std::string_view ip(Family family) {
  return family == Family::V4 ? "ip" : "ip6";
}
std::string_view address_type(Family family) {
  return family == Family::V4 ? "ipv4_addr" : "ipv6_addr";
}
std::string_view address_field(Side side) {
  return side == Side::Source ? "saddr" : "daddr";
}
std::string_view port_field(Side side) {
  return side == Side::Source ? "sport" : "dport";
}

json::value range(json::value first, json::value last) {
  if (first == last) return first;
  return json::object{{"range", json::array{std::move(first), std::move(last)}}};
}
json::value value_of(const AddressRange& r) {
  const std::string written = text(r);
  const auto slash = written.find('/');
  if (slash == std::string::npos) return range(json::string(r.first.text()), json::string(r.last.text()));
  const auto length = parse_integer<std::int64_t>(std::string_view(written).substr(slash + 1)).value_or(0);
  return json::object{{"prefix", json::object{{"addr", r.first.text()}, {"len", length}}}};
}
json::value value_of(const PortRange& r) {
  return range(json::value(r.first), json::value(r.last));
}
json::value value_of(const Mac& mac) {
  return json::string(text(mac));
}
json::value value_of(std::uint8_t number) {
  return json::value(number);
}
json::value value_of(const IcmpTest& test) {
  return json::object{{"concat", json::array{test.type, test.code ? json::value(*test.code)
                                                                  : range(json::value(0), json::value(255))}}};
}

/// What a connection is known by in a dynamic set.
json::value connection(Family family) {
  return json::object{{"concat", json::array{payload(ip(family), "saddr"), payload("th", "sport")}}};
}

json::value target(Family family) {
  return json::object{{"concat", json::array{payload(ip(family), "saddr"), payload(ip(family), "daddr"),
                                             meta("l4proto"), payload("th", "dport")}}};
}

class Writer {
 public:
  Writer(const Compiled& compiled, const NftOptions& options)
      : compiled_(compiled), group_(options.log_group == 0 ? kernel::kNflogGroup : options.log_group) {}

  json::array write() {
    json::array rules;
    for (const Chain& chain : compiled_.program.chains)
      for (const Step& step : chain.steps) {
        if (step.marks_bypass) rules.push_back(connection_mark(chain, step));
        rules.push_back(rule(chain, step));
      }
    json::array out = head();
    for (json::value& set : named_sets_) out.push_back(add("set", std::move(set)));
    for (json::value& map : maps_) out.push_back(add("map", std::move(map)));
    for (json::value& each : rules) out.push_back(std::move(each));
    return out;
  }

 private:
  static json::value add(std::string_view kind, json::value object) {
    return json::object{{"add", json::object{{kind, std::move(object)}}}};
  }
  static json::object in_table(Table table) { return {{"family", family_name(table)}, {"table", kernel::kNftTable}}; }

  json::array head() {
    json::array out;
    for (const Table table : {Table::Inet, Table::Arp, Table::Netdev}) {
      const json::object name{{"family", family_name(table)}, {"name", kernel::kNftTable}};
      out.push_back(add("table", name));  // so that the deletion finds it
      out.push_back(json::object{{"delete", json::object{{"table", name}}}});
      const auto& chains = compiled_.program.chains;
      if (std::any_of(chains.begin(), chains.end(), [&](const Chain& c) { return c.table == table; }))
        out.push_back(add("table", name));
    }
    if (compiled_.program.has_ftp_helper) {
      json::object helper = in_table(Table::Inet);
      helper["name"] = "ftp";
      helper["type"] = "ftp";
      helper["protocol"] = "tcp";
      out.push_back(add("ct helper", std::move(helper)));
    }
    for (const Chain& chain : compiled_.program.chains) out.push_back(add("chain", chain_head(chain)));
    for (const DynamicSet& set : compiled_.program.sets) out.push_back(add("set", dynamic_set(set)));
    return out;
  }

  static json::object chain_head(const Chain& chain) {
    json::object out = in_table(chain.table);
    out["name"] = chain.name;
    if (chain.hook == Hook::None) return out;
    out["type"] = "filter";
    out["hook"] = hook_name(chain.hook);
    out["prio"] = chain.priority;
    if (!chain.devices.empty()) {
      json::array devices;
      for (const std::string& device : chain.devices) devices.emplace_back(device);
      out["dev"] = devices.size() == 1 ? devices.front() : json::value(devices);
    }
    out["policy"] = "accept";
    return out;
  }

  static json::object dynamic_set(const DynamicSet& set) {
    json::object out = in_table(Table::Inet);
    out["name"] = set.name;
    switch (set.kind) {
      case DynamicSet::Kind::Address:
        out["type"] = address_type(set.family);
        break;
      case DynamicSet::Kind::Connection:
        out["type"] = json::array{address_type(set.family), "inet_service"};
        break;
      case DynamicSet::Kind::Target:
        out["type"] = json::array{address_type(set.family), address_type(set.family), "inet_proto", "inet_service"};
        break;
    }
    out["flags"] = json::array{"timeout"};  // "dynamic" follows from the rules; nft 1.0.6 has no word for it in JSON
    out["size"] = set.size;
    out["timeout"] = set.timeout_s;
    json::array elements;
    for (const DynamicSet::Element& element : set.elements)
      elements.push_back(json::object{
          {"elem", json::object{{"val", element.address.text()}, {"timeout", std::max(element.remaining_s, 1U)}}}});
    if (!elements.empty()) out["elem"] = std::move(elements);
    return out;
  }

  /// `left` is one of the items. Long lists become named sets, shared by the rules that have them.
  template <class T>
  json::value one_of(json::value left, const std::vector<T>& items, bool negated, json::value type) {
    const std::string_view op = negated ? "!=" : "==";
    json::array values;
    for (const T& item : items) values.push_back(value_of(item));
    if (values.size() == 1) return match(op, std::move(left), values.front());
    if (values.size() <= kMaxInlineItems) return match(op, std::move(left), json::object{{"set", std::move(values)}});
    return match(op, std::move(left), json::string("@" + named_set(std::move(type), std::move(values))));
  }

  std::string named_set(json::value type, json::array values) {
    std::string content = json::serialize(values);
    if (const auto known = set_names_.find(content); known != set_names_.end()) return known->second;
    json::object set = in_table(Table::Inet);
    const std::string name = fmt::format("list{}", set_names_.size() + 1);
    set["name"] = name;
    set["type"] = std::move(type);
    if (content.find("range") != std::string::npos || content.find("prefix") != std::string::npos)
      set["flags"] = json::array{"interval"};
    set["elem"] = std::move(values);
    named_sets_.push_back(std::move(set));
    set_names_.emplace(std::move(content), name);
    return name;
  }

  json::value rule(const Chain& chain, const Step& step) {
    expressions_.clear();
    for (const Test& test : step.tests) std::visit([&](const auto& t) { write(t); }, test);
    if (step.log) write_log(step);
    if (step.marks_bypass) mark("meta");
    write_ending(step);
    json::object out = in_table(chain.table);
    out["chain"] = chain.name;
    out["expr"] = std::move(expressions_);
    return add("rule", std::move(out));
  }

  /// A rule of its own: where there is no connection, reading its mark ends a rule, and the verdict must not depend on
  /// it.
  json::value connection_mark(const Chain& chain, const Step& step) {
    expressions_.clear();
    for (const Test& test : step.tests) std::visit([&](const auto& t) { write(t); }, test);
    mark("ct");
    json::object out = in_table(chain.table);
    out["chain"] = chain.name;
    out["expr"] = std::move(expressions_);
    return add("rule", std::move(out));
  }

  void mark(std::string_view what) {
    const json::object key{{what, json::object{{"key", "mark"}}}};
    const std::int64_t kept = 0xffffffff & ~std::int64_t{kernel::kMarkBypass};
    expressions_.push_back(json::object{
        {"mangle", json::object{{"key", key},
                                {"value", json::object{{"|", json::array{masked(key, kept),
                                                                         std::int64_t{kernel::kMarkBypass}}}}}}}});
  }

  void write_log(const Step& step) {
    if (step.log->is_recon) {
      expressions_.push_back(json::object{{"log", json::object{{"prefix", kReconPrefix}, {"group", group_ + 1}}}});
      return;
    }
    LogPrefix prefix;
    prefix.code = step.log->code;
    if (const End* end = std::get_if<End>(&step.ending); end != nullptr && end->verdict == Verdict::Drop) {
      const bool is_real = !compiled_.program.is_tap || end->is_enforced_in_tap;
      prefix.outcome = is_real ? LogPrefix::Outcome::Dropped : LogPrefix::Outcome::WouldDrop;
    }
    if (step.log->rule >= 0) prefix.rule = compiled_.rules[static_cast<std::size_t>(step.log->rule)].id;
    expressions_.push_back(json::object{{"log", json::object{{"prefix", text(prefix)}, {"group", group_}}}});
  }

  void write_ending(const Step& step) {
    if (const End* end = std::get_if<End>(&step.ending)) {
      const bool passes = end->verdict == Verdict::Accept || (compiled_.program.is_tap && !end->is_enforced_in_tap);
      expressions_.push_back(json::object{{passes ? "accept" : "drop", nullptr}});
    } else if (const GoTo* go = std::get_if<GoTo>(&step.ending)) {
      expressions_.push_back(verdict("goto", go->chain));
    } else if (const Call* call = std::get_if<Call>(&step.ending)) {
      expressions_.push_back(verdict("jump", call->chain));
    } else if (std::holds_alternative<Return>(step.ending)) {
      expressions_.push_back(json::object{{"return", nullptr}});
    } else if (const Lookup* lookup = std::get_if<Lookup>(&step.ending)) {
      write_lookup(*lookup);
    } else if (const SetHelper* helper = std::get_if<SetHelper>(&step.ending)) {
      expressions_.push_back(json::object{{"ct helper", helper->helper}});
    }
  }

  json::value verdict(std::string_view kind, std::size_t chain) const {
    return json::object{{kind, json::object{{"target", compiled_.program.chains[chain].name}}}};
  }

  void write_lookup(const Lookup& lookup) {
    json::array keys{meta("l4proto")};
    json::array types{"inet_proto"};
    const auto field = [&](bool is_there, json::value key, std::string_view type) {
      if (!is_there) return;
      keys.push_back(std::move(key));
      types.emplace_back(type);
    };
    field(lookup.has_source, payload(ip(lookup.family), "saddr"), address_type(lookup.family));
    field(lookup.has_destination, payload(ip(lookup.family), "daddr"), address_type(lookup.family));
    field(lookup.has_source_port, payload("th", "sport"), "inet_service");
    field(lookup.has_destination_port, payload("th", "dport"), "inet_service");
    json::array elements;
    for (const LookupEntry& entry : lookup.entries) {
      json::array key{entry.key.protocol};
      if (lookup.has_source) key.push_back(value_of(entry.key.source));
      if (lookup.has_destination) key.push_back(value_of(entry.key.destination));
      if (lookup.has_source_port) key.push_back(value_of(entry.key.source_port));
      if (lookup.has_destination_port) key.push_back(value_of(entry.key.destination_port));
      elements.push_back(json::array{json::object{{"concat", std::move(key)}}, verdict("goto", entry.chain)});
    }
    json::object map = in_table(Table::Inet);
    map["name"] = lookup.map;
    map["type"] = std::move(types);
    map["map"] = "verdict";
    if (!lookup.is_exact) map["flags"] = json::array{"interval"};
    map["elem"] = std::move(elements);
    maps_.push_back(std::move(map));
    expressions_.push_back(json::object{
        {"vmap", json::object{{"key", json::object{{"concat", std::move(keys)}}}, {"data", "@" + lookup.map}}}});
  }

  void put(json::value expression) { expressions_.push_back(std::move(expression)); }

  void write(const FamilyIs& t) { put(match("==", meta("nfproto"), t.family == Family::V4 ? "ipv4" : "ipv6")); }
  void write(const EtherTypeIs& t) { put(match("==", meta("protocol"), t.type)); }
  void write(const ProtocolIn& t) { put(one_of(meta("l4proto"), t.protocols, t.negated, "inet_proto")); }
  void write(const AddressIn& t) {
    put(one_of(payload(ip(t.family), address_field(t.side)), t.ranges, t.negated,
               json::string(address_type(t.family))));
  }
  void write(const AddressInSet& t) {
    put(match("==", payload(ip(t.family), address_field(t.side)), json::string("@" + t.set)));
  }
  void write(const PortIn& t) { put(one_of(payload("th", port_field(t.side)), t.ranges, t.negated, "inet_service")); }
  void write(const MacIn& t) { put(one_of(payload("ether", address_field(t.side)), t.macs, t.negated, "ether_addr")); }
  void write(const FlagsAre& t) {
    put(match(t.test.negated ? "!=" : "==", masked(payload("tcp", "flags"), t.test.mask), t.test.value));
  }
  void write(const IcmpIn& t) {
    const std::string_view protocol = t.family == Family::V4 ? "icmp" : "icmpv6";
    json::array values;
    for (const IcmpTest& test : t.types) values.push_back(value_of(test));
    // A concatenation is always looked up in a set; where no code is named the type alone does.
    const bool has_codes =
        std::any_of(t.types.begin(), t.types.end(), [](const IcmpTest& i) { return i.code.has_value(); });
    json::value left = payload(protocol, "type");
    if (has_codes) {
      left = json::object{{"concat", json::array{payload(protocol, "type"), payload(protocol, "code")}}};
    } else {
      values.clear();
      for (const IcmpTest& test : t.types) values.push_back(test.type);
    }
    put(match(t.negated ? "!=" : "==", std::move(left), json::object{{"set", std::move(values)}}));
  }
  void write(const InterfaceIs& t) {
    put(match(t.negated ? "!=" : "==", meta(t.direction == Direction::Incoming ? "iifname" : "oifname"),
              json::string(t.pattern)));
  }
  void write(const StateIn& t) {
    json::array states;
    if ((t.states & kInvalid) != 0) states.emplace_back("invalid");
    if ((t.states & kEstablished) != 0) states.emplace_back("established");
    if ((t.states & kRelated) != 0) states.emplace_back("related");
    if ((t.states & kNew) != 0) states.emplace_back("new");
    if ((t.states & kUntracked) != 0) states.emplace_back("untracked");
    put(match("in", ct("state"), states.size() == 1 ? states.front() : json::value(states)));
  }
  void write(const ConnectionMark& t) { put(match("==", masked(ct("mark"), t.mask), t.value)); }
  void write(const IsReply& /*t*/) { put(match("==", ct("direction"), "reply")); }
  void write(const HasHelper& /*t*/) { put(match("==", ct("helper"), "ftp")); }
  void write(const Fragment& t) {
    if (t.family == Family::V6) {
      put(match("==", json::object{{"exthdr", json::object{{"name", "frag"}}}}, true));
      return;
    }
    // RFC 791 §3.1: 0x2000 is "more fragments", the low 13 bits the offset.
    put(match("!=", masked(payload("ip", "frag-off"), t.smaller_than == 0 ? 0x3fff : 0x2000), 0));
    if (t.smaller_than != 0) put(match("<", payload("ip", "length"), t.smaller_than));
  }
  void write(const PacketBytesBelow& t) { put(match("<", meta("length"), t.bytes)); }
  static json::value rate(const RateOver& t) {
    return json::object{
        {"limit", json::object{{"rate", t.per_second}, {"burst", t.per_second}, {"per", "second"}, {"inv", true}}}};
  }
  void write(const RateOver& t) {
    if (t.set.empty()) {
      put(rate(t));
      return;
    }
    const Family family = t.set.ends_with('4') ? Family::V4 : Family::V6;
    put(json::object{
        {"set",
         json::object{
             {"op", "update"}, {"elem", connection(family)}, {"set", "@" + t.set}, {"stmt", json::array{rate(t)}}}}});
  }
  void write(const ConnectionsOver& t) {
    put(json::object{{"ct count", json::object{{"val", t.count}, {"inv", true}}}});
  }
  void write(const UrgentWithoutFlag& /*t*/) {
    put(match("==", masked(payload("tcp", "flags"), kUrg), 0));
    put(match("!=", payload("tcp", "urgptr"), 0));
  }
  void write(const NotSeen& t) { put(match("!=", target(t.family), json::string("@" + t.set))); }
  void write(const See& t) {
    put(json::object{{"set", json::object{{"op", "add"}, {"elem", target(t.family)}, {"set", "@" + t.set}}}});
  }
  void write(const RateUnder& t) {
    put(json::object{{"limit", json::object{{"rate", t.per_second}, {"burst", t.per_second}, {"per", "second"}}}});
  }
  void write(const Remember& t) { put(in_set("add", t.set, t.family)); }
  void write(const Forget& t) { put(in_set("delete", t.set, t.family)); }
  static json::value in_set(std::string_view op, const std::string& set, Family family) {
    return json::object{{"set", json::object{{"op", op}, {"elem", connection(family)}, {"set", "@" + set}}}};
  }

  const Compiled& compiled_;
  std::uint16_t group_;
  json::array expressions_;
  std::vector<json::value> named_sets_;
  std::vector<json::value> maps_;
  std::map<std::string, std::string> set_names_;
};

}  // namespace

json::object nft_json(const Compiled& compiled, const NftOptions& options) {
  return {{"nftables", Writer(compiled, options).write()}};
}

namespace {

json::object blocked_element(std::string_view verb, const IpAddress& address, json::value element) {
  return {
      {"nftables", json::array{json::object{
                       {verb, json::object{{"element", json::object{{"family", "inet"},
                                                                    {"table", kernel::kNftTable},
                                                                    {"name", address.is_v4() ? kBlocked4 : kBlocked6},
                                                                    {"elem", json::array{std::move(element)}}}}}}}}}};
}

}  // namespace

json::object nft_block(const IpAddress& address, std::chrono::seconds time) {
  return blocked_element("add", address,
                         json::object{{"elem", json::object{{"val", address.text()}, {"timeout", time.count()}}}});
}

json::object nft_unblock(const IpAddress& address) {
  return blocked_element("delete", address, json::string(address.text()));
}

json::object nft_removal() {
  const Compiled nothing;
  return nft_json(nothing);
}

std::string nft_text(const Compiled& compiled, const NftOptions& options) {
  std::string out;
  for (const json::value& command : Writer(compiled, options).write()) {
    out += nft_statement(command.get_object());
    out += '\n';
  }
  return out;
}

std::string text(const LogPrefix& prefix) {
  const char outcome = prefix.outcome == LogPrefix::Outcome::Passed    ? 'p'
                       : prefix.outcome == LogPrefix::Outcome::Dropped ? 'd'
                                                                       : 't';
  return fmt::format("warder {} {} {}", outcome, static_cast<int>(prefix.code),
                     prefix.rule.empty() ? "-" : prefix.rule);
}

std::optional<LogPrefix> parse_log_prefix(std::string_view text) {
  const auto parts = split(text, ' ');
  if (parts.size() != 4 || parts[0] != "warder" || parts[1].size() != 1) return std::nullopt;
  const auto code = parse_integer<std::uint16_t>(parts[2]);
  if (!code) return std::nullopt;
  LogPrefix prefix;
  switch (parts[1].front()) {
    case 'p':
      prefix.outcome = LogPrefix::Outcome::Passed;
      break;
    case 'd':
      prefix.outcome = LogPrefix::Outcome::Dropped;
      break;
    case 't':
      prefix.outcome = LogPrefix::Outcome::WouldDrop;
      break;
    default:
      return std::nullopt;
  }
  prefix.code = static_cast<Code>(*code);
  if (prefix.code != Code::None && title(prefix.code).empty()) return std::nullopt;
  if (parts[3] != "-") prefix.rule = parts[3];
  return prefix;
}

}  // namespace warder::firewall
