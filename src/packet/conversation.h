// The flow of a packet and, for TCP, its stream: the flow table and the tracker joined as most users want them.
#pragma once

#include "packet/flow_table.h"
#include "packet/tcp_tracker.h"

namespace warder::packet {

struct ConversationOptions {
  FlowLimits flows;
  TcpOptions tcp;
};

/// Single-threaded.
class Conversations final : private FlowObserver {
 public:
  struct Seen {
    Flow* flow = nullptr;  // null: the packet belongs to none. Valid until the next call
    Direction direction = Direction::ToServer;
    bool is_new = false;
    TcpResult tcp;  // of TCP packets
  };

  /// `observer` may be null; else it outlives this and hears of each flow's end while the flow is still whole: what is
  /// left in its streams may be read then.
  explicit Conversations(ConversationOptions options = {}, FlowObserver* observer = nullptr);

  /// Adds stream events to the packet. Ends flows whose time is up.
  Seen follow(Packet& packet);
  /// Ends a flow that the user wants no more of.
  void end(Flow& flow) { table_.end(flow, FlowEnd::Finished); }
  /// At the end of a capture.
  void end_all() { table_.end_all(); }

  [[nodiscard]] FlowTable& table() noexcept { return table_; }
  [[nodiscard]] TcpTracker& tcp() noexcept { return tcp_; }
  /// For ByteStream::advance and close.
  [[nodiscard]] StreamPool& pool() noexcept { return tcp_.pool(); }

 private:
  void on_flow_end(Flow& flow, FlowEnd why) override;

  FlowObserver* observer_;
  TcpTracker tcp_;
  FlowTable table_;
};

}  // namespace warder::packet
