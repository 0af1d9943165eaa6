#include "packet/conversation.h"

namespace warder::packet {

Conversations::Conversations(ConversationOptions options, FlowObserver* observer)
    : observer_(observer), tcp_(options.tcp), table_(options.flows, this) {}

Conversations::Seen Conversations::follow(Packet& packet) {
  table_.expire(packet.time, 8);
  const auto found = table_.find_or_make(packet);
  Seen seen{found.flow, found.direction, found.is_new, {}};
  if (seen.flow == nullptr || !packet.is_tcp()) return seen;
  seen.tcp = tcp_.follow(packet, *seen.flow, seen.direction);
  if (seen.tcp.is_reuse) {
    table_.end(*seen.flow, FlowEnd::Reused);
    const auto again = table_.find_or_make(packet);
    seen = {again.flow, again.direction, again.is_new, {}};
    seen.tcp = tcp_.follow(packet, *seen.flow, seen.direction);
  }
  table_.set_state(*seen.flow, seen.tcp.flow_state);
  return seen;
}

void Conversations::on_flow_end(Flow& flow, FlowEnd why) {
  tcp_.finish(flow);
  if (observer_ != nullptr) observer_->on_flow_end(flow, why);
  tcp_.forget(flow);
}

}  // namespace warder::packet
