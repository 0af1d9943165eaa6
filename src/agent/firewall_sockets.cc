#include "agent/firewall_sockets.h"

namespace warder::agent {
namespace {

constexpr std::chrono::seconds kLookAgain{10};

}  // namespace

SocketOwners::SocketOwners(std::unique_ptr<host::HostFacts> facts, std::unique_ptr<host::ProcessTable> processes)
    : facts_(std::move(facts)), processes_(std::move(processes)) {}

SocketOwners::~SocketOwners() = default;

void SocketOwners::refresh(std::chrono::steady_clock::time_point now) {
  if (looked_ && now < *looked_ + kLookAgain) return;
  looked_ = now;
  listening_.clear();
  auto sockets = facts_->listening_sockets();
  if (!sockets) return;
  for (host::ListeningSocket& socket : *sockets) {
    const std::uint8_t protocol = socket.protocol == host::SocketProtocol::Tcp ? firewall::kTcp : firewall::kUdp;
    listening_.emplace(std::pair(protocol, socket.port), std::move(socket));
  }
}

void SocketOwners::describe(Event& event, const firewall::Packet& packet, std::optional<std::uint32_t> uid,
                            std::chrono::steady_clock::time_point now) {
  const bool has_port = packet.tuple.protocol == firewall::kTcp || packet.tuple.protocol == firewall::kUdp;
  if (has_port && packet.has_transport) {
    refresh(now);
    const bool is_incoming = packet.direction == firewall::Direction::Incoming;
    const std::uint16_t port = is_incoming ? packet.tuple.destination_port : packet.tuple.source_port;
    const auto found = listening_.find({packet.tuple.protocol, port});
    if (found != listening_.end()) {
      if (!found->second.executable.empty()) event.set("process.executable", found->second.executable);
      if (found->second.pid > 0) event.set("process.pid", std::int64_t{found->second.pid});
      if (!uid) uid = found->second.uid;
    }
  }
  if (!uid) return;
  event.set("user.id", std::int64_t{*uid});
  event.set("user.name", processes_->user_name(*uid));
}

}  // namespace warder::agent
