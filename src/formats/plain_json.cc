#include "formats/plain_json.h"

#include <boost/json.hpp>

#include "base/json.h"
#include "formats/text.h"

namespace warder::formats {

std::string render_json(const OutgoingEvent& event, const RenderOptions& options) {
  const Event& inner = event.event;
  bool is_cut = false;
  const auto text = [&](std::string_view value) { return json_text(value, options.max_value_bytes, is_cut); };
  json::object fields;
  for (const auto& [key, value] : inner.fields) {
    const auto* const words = std::get_if<std::string>(&value);
    fields[key] = words != nullptr ? json::value(text(*words))
                                   : std::visit([](const auto& plain) { return json::value(plain); }, value);
  }
  json::object object{{"id", inner.id.text()},
                      {"time", to_rfc3339(inner.time)},
                      {"received", to_rfc3339(event.received)},
                      {"tenant", json::object{{"id", event.tenant.text()}, {"name", text(event.tenant_name)}}},
                      {"agent_id", event.agent ? json::value(event.agent->text()) : json::value(nullptr)},
                      {"host", text(event.host)},
                      {"module", name(inner.module)},
                      {"type", text(inner.type)},
                      {"severity", name(inner.severity)},
                      {"action", name(inner.action)},
                      {"rule", text(inner.rule)},
                      {"title", text(event.title)}};
  if (event.number) object["number"] = *event.number;
  if (is_cut) fields["truncated"] = true;
  object["fields"] = std::move(fields);
  return json::serialize(object);
}

}  // namespace warder::formats
