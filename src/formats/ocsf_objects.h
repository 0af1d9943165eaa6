// Objects of OCSF that several classes have, made from an event's fields. `path` is where the object will stand, for
// observables ("evidences[0].file").
#pragma once

#include <optional>
#include <string_view>

#include "formats/ocsf_event.h"

namespace warder::formats {

/// The host that the event comes from; nothing when it is not known.
std::optional<json::object> ocsf_device(OcsfEvent& out);
/// The same as an end of a connection.
std::optional<json::object> ocsf_own_endpoint(OcsfEvent& out);
/// `end`: "source" or "destination". Nothing without an address.
std::optional<json::object> ocsf_endpoint(OcsfEvent& out, std::string_view end, std::string_view path);
json::object ocsf_connection(OcsfEvent& out);
/// Nothing without a path.
std::optional<json::object> ocsf_file(OcsfEvent& out, std::string_view path);
/// From a path alone.
json::object ocsf_file_at(OcsfEvent& out, std::string_view file_path);
/// The process that did it, and its users. Nothing when neither is known.
std::optional<json::object> ocsf_actor(OcsfEvent& out, std::string_view path);
std::optional<json::object> ocsf_user(OcsfEvent& out, std::string_view name_field, std::string_view id_field,
                                      std::string_view path);
/// ATT&CK techniques of the rule; empty when there are none, or what stands there is none.
json::array ocsf_attacks(OcsfEvent& out);
/// Which Warder program speaks.
json::object ocsf_product(OcsfEvent& out);

/// What was done about it: action and disposition of the profile "security_control".
void add_security_control(OcsfEvent& out);
void add_status(OcsfEvent& out, bool is_success);
/// Why: the error, or else the reason.
void add_status_detail(OcsfEvent& out);

}  // namespace warder::formats
