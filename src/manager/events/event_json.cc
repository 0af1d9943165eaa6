#include "base/json.h"
#include "base/markup.h"
#include "manager/events/export.h"
#include "manager/events/stored_event.h"
#include "model/messages.h"

namespace warder::manager {
namespace {

json::value value_of(const EventValue& value) {
  return std::visit([](const auto& v) { return json::value(v); }, value);
}

}  // namespace

json::object to_api_json(const StoredEvent& stored, const Messages& messages, std::string_view locale) {
  const Event& event = stored.event;
  json::object fields;
  for (const auto& [key, value] : event.fields) fields[key] = value_of(value);
  return {{"id", event.id.text()},
          {"time", to_rfc3339(event.time)},
          {"received", to_rfc3339(stored.received)},
          {"agent_id", stored.agent ? json::value(stored.agent->text()) : json::value(nullptr)},
          {"host", stored.host},
          {"module", name(event.module)},
          {"type", event.type},
          {"severity", name(event.severity)},
          {"action", name(event.action)},
          {"rule", event.rule},
          {"asset_value", stored.asset_value},
          {"rank", rank_of(stored.asset_value, event.severity)},
          {"tags", json::array(stored.tags.begin(), stored.tags.end())},
          {"title", messages.render(event, locale)},
          {"fields", std::move(fields)}};
}

std::string jsonl_line(const StoredEvent& stored, const Messages& messages, std::string_view locale) {
  return json::serialize(to_api_json(stored, messages, locale)) + "\n";
}

std::string csv_head() {
  return "time,received,id,agent_id,host,module,type,severity,action,rule,title,rank,tags,fields\r\n";
}

std::string csv_line(const StoredEvent& stored, const Messages& messages, std::string_view locale) {
  const json::object object = to_api_json(stored, messages, locale);
  std::string line;
  for (const std::string_view key :
       {"time", "received", "id", "agent_id", "host", "module", "type", "severity", "action", "rule", "title"}) {
    const json::value& value = object.at(key);
    append_csv_cell(line, value.is_string() ? std::string_view{value.get_string()} : std::string_view{});
  }
  append_csv_cell(line, std::to_string(object.at("rank").as_int64()));
  std::string tags;
  for (const std::string& tag : stored.tags) tags.append(tags.empty() ? "" : ", ").append(tag);
  append_csv_cell(line, tags);
  append_csv_cell(line, json::serialize(object.at("fields")));
  return line += "\r\n";
}

}  // namespace warder::manager
