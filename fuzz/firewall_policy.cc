// Policies come from files, the API and the manager's push; packets from the command line.
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "engines/firewall/analyse.h"
#include "engines/firewall/nft.h"
#include "engines/firewall/simulator.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder::firewall;
  const std::string_view text = warder::as_text({data, size});
  static_cast<void>(parse_log_prefix(text));
  if (const auto packet = parse_packet(text)) {
    // What was understood is understood again.
    if (parse_packet(warder::firewall::text(*packet)).value().tuple != packet->tuple) std::abort();
  }
  const auto policy = parse_policy_text(text);
  if (!policy) return 0;
  const auto compiled = compile(*policy, {});
  if (!compiled) return 0;
  static_cast<void>(nft_json(**compiled));
  static_cast<void>(nft_text(**compiled));
  static_cast<void>(analyse(**compiled, 10));
  Simulator simulator(*compiled);
  simulator.decide(parse_packet("in tcp 203.0.113.9:51000 > 192.0.2.10:443 flags=syn").value());
  simulator.decide(parse_packet("out udp [2001:db8::1]:53 > [2001:db8::2]:1024").value());
  const auto again = parse_policy(to_json(*policy));
  if (!again || to_json(*again) != to_json(*policy)) std::abort();
  return 0;
}
