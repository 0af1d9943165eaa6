// nft's own language from its JSON, as far as nft_json writes it.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "engines/firewall/nft.h"

namespace warder::firewall {
namespace {

namespace json = boost::json;

std::string value_text(const json::value& value);

std::string joined(const json::array& items, std::string_view between) {
  std::string out;
  for (const json::value& item : items) {
    if (!out.empty()) out += between;
    out += value_text(item);
  }
  return out;
}

std::string text_of(const json::object& object, std::string_view key) {
  return value_text(object.at(key));
}

std::string element_text(const json::value& value) {
  if (value.is_array())  // of a map: key and verdict
    return value_text(value.get_array().at(0)) + " : " + value_text(value.get_array().at(1));
  return value_text(value);
}

std::string set_text(const json::array& items) {
  std::string out = "{ ";
  for (std::size_t i = 0; i < items.size(); ++i) out += (i > 0 ? ", " : "") + element_text(items[i]);
  return out + " }";
}

std::string expression_text(std::string_view kind, const json::value& body) {
  if (kind == "meta" || kind == "ct") return fmt::format("{} {}", kind, text_of(body.get_object(), "key"));
  if (kind == "payload") return text_of(body.get_object(), "protocol") + " " + text_of(body.get_object(), "field");
  if (kind == "exthdr") return "exthdr " + text_of(body.get_object(), "name");
  if (kind == "&" || kind == "|")
    return fmt::format("{} {} {}", value_text(body.get_array().at(0)), kind, value_text(body.get_array().at(1)));
  if (kind == "range") return joined(body.get_array(), "-");
  if (kind == "concat") return joined(body.get_array(), " . ");
  if (kind == "prefix") return text_of(body.get_object(), "addr") + "/" + text_of(body.get_object(), "len");
  if (kind == "set") return set_text(body.get_array());
  if (kind == "elem")
    return fmt::format("{} timeout {}s", text_of(body.get_object(), "val"), text_of(body.get_object(), "timeout"));
  if (kind == "goto" || kind == "jump") return fmt::format("{} {}", kind, text_of(body.get_object(), "target"));
  return std::string(kind);
}

std::string value_text(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_bool()) return value.get_bool() ? "exists" : "missing";
  if (value.is_array()) return joined(value.get_array(), ",");
  if (!value.is_object()) return json::serialize(value);
  const auto member = *value.get_object().begin();
  return expression_text(member.key(), member.value());
}

bool names_interface(const json::object& match) {
  const std::string left = text_of(match, "left");
  return left == "meta iifname" || left == "meta oifname";
}

std::string match_text(const json::object& match) {
  const std::string op = text_of(match, "op");
  std::string right = text_of(match, "right");
  if (names_interface(match)) right = "\"" + right + "\"";
  const std::string written = op == "==" || op == "in" ? "" : op + " ";
  return text_of(match, "left") + " " + written + right;
}

std::string limit_text(const json::object& limit) {
  return fmt::format("limit rate {}{}/{} burst {} packets", limit.contains("inv") ? "over " : "",
                     text_of(limit, "rate"), text_of(limit, "per"), text_of(limit, "burst"));
}

std::string dynamic_text(const json::object& set) {
  std::string out = fmt::format("{} {} {{ {}", text_of(set, "op"), text_of(set, "set"), text_of(set, "elem"));
  if (const auto* statements = set.if_contains("stmt"))
    out += " " + limit_text(statements->get_array().front().get_object().at("limit").get_object());
  return out + " }";
}

std::string statement_text(std::string_view kind, const json::value& body) {
  if (kind == "match") return match_text(body.get_object());
  if (kind == "log")
    return fmt::format("log prefix \"{}\" group {}", text_of(body.get_object(), "prefix"),
                       text_of(body.get_object(), "group"));
  if (kind == "mangle") return text_of(body.get_object(), "key") + " set " + text_of(body.get_object(), "value");
  if (kind == "vmap") return text_of(body.get_object(), "key") + " vmap " + text_of(body.get_object(), "data");
  if (kind == "limit") return limit_text(body.get_object());
  if (kind == "ct count") return "ct count over " + text_of(body.get_object(), "val");
  if (kind == "set") return dynamic_text(body.get_object());
  if (kind == "ct helper") return "ct helper set \"" + value_text(body) + "\"";
  return expression_text(kind, body);
}

std::string rule_text(const json::object& rule) {
  std::string out;
  for (const json::value& expression : rule.at("expr").get_array()) {
    const auto member = *expression.get_object().begin();
    out += " " + statement_text(member.key(), member.value());
  }
  return out;
}

std::string chain_text(const json::object& chain) {
  if (!chain.contains("hook")) return "";
  std::string devices;
  if (const auto* dev = chain.if_contains("dev")) {
    devices = dev->is_array() ? " devices = { " + joined(dev->get_array(), ", ") + " }" : " device " + value_text(*dev);
  }
  return fmt::format(" {{ type filter hook {}{} priority {}; policy accept; }}", text_of(chain, "hook"), devices,
                     text_of(chain, "prio"));
}

std::string named_set_text(const json::object& set) {
  std::string type = set.at("type").is_array() ? joined(set.at("type").get_array(), " . ") : text_of(set, "type");
  if (set.contains("map")) type += " : verdict";
  std::string out = " { type " + type + ";";
  if (const auto* flags = set.if_contains("flags")) out += " flags " + value_text(*flags) + ";";
  if (const auto* size = set.if_contains("size")) out += " size " + value_text(*size) + ";";
  if (const auto* timeout = set.if_contains("timeout")) out += " timeout " + value_text(*timeout) + "s;";
  if (const auto* elements = set.if_contains("elem")) out += " elements = " + set_text(elements->get_array()) + ";";
  return out + " }";
}

}  // namespace

std::string nft_statement(const json::object& command) {
  const auto verb = *command.begin();
  const auto member = *verb.value().get_object().begin();
  const std::string kind(member.key());
  const json::object& body = member.value().get_object();
  std::string out = fmt::format("{} {} {}", std::string_view(verb.key()), kind, text_of(body, "family"));
  if (kind == "table") return out + " " + text_of(body, "name");
  out += " " + text_of(body, "table");
  if (kind == "rule") return out + " " + text_of(body, "chain") + rule_text(body);
  out += " " + text_of(body, "name");
  if (kind == "chain") return out + chain_text(body);
  if (kind == "ct helper") return out + " { type \"ftp\" protocol tcp; }";
  return out + named_set_text(body);
}

}  // namespace warder::firewall
