#include "packet/flow.h"

#include <utility>

namespace warder::packet {

void Flow::turn_round() noexcept {
  std::swap(client, server);
  std::swap(client_port, server_port);
  std::swap(sides[0], sides[1]);
}

}  // namespace warder::packet
