// One agent's stream. For this folder only.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "manager/gateway/core.h"
#include "manager/gateway/inventory_intake.h"
#include "manager/tenancy/tenant_scope.h"
#include "protocol/agent.pb.h"

namespace warder::manager {

/// open, receive and closed are called one at a time, in this order; refresh and supersede at any time from any thread.
class AgentSession {
 public:
  AgentSession(GatewayCore& core, TenantScope scope, AgentId agent, Timestamp certificate_expires);

  void open(std::shared_ptr<WebSocket> socket);
  void receive(std::string_view frame);
  void closed();

  /// Sends what has changed for this agent: its policy, content, commands, or the end when it was removed.
  void refresh();
  /// The same for policy and content alone, when a change concerns many and somebody else has looked up what is wanted.
  void push(const std::optional<PolicyId>& policy, const std::vector<ContentPack>& content);
  /// A newer connection of the same agent is there.
  void supersede();

  [[nodiscard]] const AgentId& agent() const noexcept { return agent_; }
  [[nodiscard]] const TenantScope& scope() const noexcept { return scope_; }

 private:
  Result<void> on_envelope(const protocol::Envelope& envelope);
  Result<void> on_hello(const protocol::Hello& hello);
  Result<protocol::HelloAck> accept_hello(const protocol::Hello& hello);
  Result<void> on_batch(const protocol::EventBatch& batch);
  Result<protocol::BatchAck> store_batch(const protocol::EventBatch& batch);
  Result<void> on_policy_result(const protocol::PolicyResult& result);
  Result<void> on_heartbeat(const protocol::Heartbeat& heartbeat);
  void take_cosignature(const protocol::Heartbeat& heartbeat);
  Result<void> on_command_result(const protocol::CommandResult& result);
  Result<void> on_certificate_request(const protocol::CertificateRequest& request);
  Result<void> on_content_get(const protocol::ContentGet& request);
  Result<void> on_inventory(const protocol::InventoryUpdate& update);
  Result<void> tell_inventory(protocol::HelloAck& ack);

  // With mutex_ held.
  Result<void> send_policy(const PolicyId& id);
  Result<void> send_content_offer(const std::vector<ContentPack>& content);
  Result<void> send_commands();

  void send(const protocol::Envelope& envelope);
  void conclude(const Result<void>& sent);
  void tell_clone();
  void refuse(std::string_view reason);
  void close(std::string_view reason);
  [[nodiscard]] bool is_expired() const;

  GatewayCore& core_;
  const TenantScope scope_;
  const AgentId agent_;
  const Timestamp certificate_expires_;
  std::shared_ptr<WebSocket> socket_;  // set by open(), before any other thread knows this session

  // Of the receiving calls; fixed once is_ready_.
  std::string hostname_;
  std::string machine_;
  std::set<std::string, std::less<>> capabilities_;
  TokenBucket messages_;
  TokenBucket events_;
  TokenBucket renewals_;
  TokenBucket cosignatures_;
  InventoryIntake inventory_;

  std::mutex mutex_;           // guards all below
  bool is_ready_ = false;      // after the hello
  std::string policy_digest_;  // what was pushed last, or what the agent said it has
  std::int64_t heartbeat_s_ = 30;
  std::vector<std::string> content_names_;  // of the policy; empty: all
  std::string content_offered_;             // the offer that was sent last
};

}  // namespace warder::manager
