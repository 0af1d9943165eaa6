#include "model/event_schema.h"

#include "base/json.h"
#include "model/event.h"
#include "model/event_fields.h"

namespace warder {
namespace {

json::object text(std::string_view format = {}) {
  json::object out{{"type", "string"}};
  if (!format.empty()) out["format"] = json::string(format);
  return out;
}

template <class Names>
json::object one_of(const Names& values) {
  json::array names;
  for (const auto value : values) names.emplace_back(json::string(name(value)));
  return json::object{{"type", "string"}, {"enum", std::move(names)}};
}

json::object field_schema(const EventField& field) {
  json::object out{{"description", json::string(field.doc)}};
  switch (field.type) {
    case EventFieldType::Text:
    case EventFieldType::Ip:
      out["type"] = "string";
      out["maxLength"] = kMaxEventTextBytes;
      break;
    case EventFieldType::Integer:
    case EventFieldType::Time:
      out["type"] = "integer";
      break;
    case EventFieldType::Boolean:
      out["type"] = "boolean";
      break;
  }
  out["x-type"] = json::string(name(field.type));
  out["x-personal-data"] = json::string(name(field.personal_data));
  return out;
}

}  // namespace

json::object event_schema() {
  json::object fields;
  for (const EventField& field : event_fields()) fields[field.key] = field_schema(field);
  json::object properties{{"id", text("uuid")}, {"time", text("date-time")},       {"module", one_of(kModuleKinds)},
                          {"type", text()},     {"severity", one_of(kSeverities)}, {"action", one_of(kActions)},
                          {"rule", text()}};
  // A newer agent may send fields that this version has no row for.
  properties["fields"] =
      json::object{{"type", "object"},
                   {"maxProperties", kMaxEventFields},
                   {"properties", std::move(fields)},
                   {"additionalProperties", json::object{{"type", {"string", "integer", "boolean"}}}}};
  return json::object{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                      {"title", "Event"},
                      {"type", "object"},
                      {"required", {"id", "time", "module", "type", "severity", "action", "rule", "fields"}},
                      {"properties", std::move(properties)}};
}

}  // namespace warder
