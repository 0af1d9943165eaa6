// Decoders that are code: what `plugin_decoder` names.
#pragma once

#include <string_view>

namespace warder::loginspection {

class Event;
struct Decoder;

/// Takes fields from `text`, which is the event's log or what stands behind a match in it.
using Plugin = void (*)(Event& event, const Decoder& decoder, std::string_view text);

/// "JSON_Decoder" …, nullptr for any other name.
Plugin find_plugin(std::string_view name) noexcept;
std::string_view name_of_plugin(Plugin plugin) noexcept;

void decode_json(Event& event, const Decoder& decoder, std::string_view text);
/// OpenBSD's packet filter: "rule 2/(match) pass in on xl0: 192.0.2.1.6667 > 192.0.2.2.80: P …".
void decode_pf(Event& event, const Decoder& decoder, std::string_view text);
void decode_sonicwall(Event& event, const Decoder& decoder, std::string_view text);
/// Symantec Web Security: "20070717,73614,1=5,11=192.0.2.3,60=http://…,10=user,2=27".
void decode_symantec(Event& event, const Decoder& decoder, std::string_view text);
/// An alert of another manager: "Alert Level: 3; Rule: 5715 - …; Location: …; srcip: …; line".
void decode_alert(Event& event, const Decoder& decoder, std::string_view text);

}  // namespace warder::loginspection
