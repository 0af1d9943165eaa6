// Network Activity: packets and connections that the firewall saw.
#include "formats/ocsf_bodies.h"
#include "formats/ocsf_objects.h"

namespace warder::formats {

bool fill_network_activity(OcsfEvent& out, const OcsfKind&) {
  auto source = ocsf_endpoint(out, "source", "src_endpoint");
  auto destination = ocsf_endpoint(out, "destination", "dst_endpoint");
  if (!source && !destination) {
    // Packets without addresses, as ARP: one end is the host itself.
    auto own = ocsf_own_endpoint(out);
    if (!own) return false;
    out.put(*own, "interface_name", "network.interface");
    (out.peek("network.direction") == "outbound" ? source : destination) = std::move(own);
  }
  if (source) out.body["src_endpoint"] = std::move(*source);
  if (destination) out.body["dst_endpoint"] = std::move(*destination);
  out.body["connection_info"] = ocsf_connection(out);
  json::object traffic;
  out.put_number(traffic, "bytes", "network.bytes", kMaxLong);
  out.put_number(traffic, "packets", "network.packets", kMaxLong);
  if (!traffic.empty()) out.body["traffic"] = std::move(traffic);
  out.put(out.body, "app_name", "network.application");
  if (!out.source().event.rule.empty())
    out.body["firewall_rule"] = json::object{{"uid", out.text(out.source().event.rule)}};
  add_security_control(out);
  add_status(out, out.source().event.action != Action::Blocked);
  out.put_number_as_text(out.body, "status_code", "firewall.code");
  if (!out.put(out.body, "status_detail", "firewall.reason")) add_status_detail(out);
  return true;
}

}  // namespace warder::formats
