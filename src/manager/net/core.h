// What the connections of one listener share. Everything here that is not marked thread-safe belongs to the loop
// thread. For this folder's .cc files only.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <unordered_set>

#include "manager/net/http.h"
#include "manager/net/worker_pool.h"

namespace warder::manager {

class Connection;

struct NetCore {
  NetCore(HttpServerOptions server_options, HttpHandler& server_handler, Log& server_log, Metrics& metrics);

  /// Thread-safe: runs `work` on a worker and keeps the loop alive meanwhile.
  void run_on_worker(std::function<void()> work);

  HttpServerOptions options;
  HttpHandler& handler;
  Log& log;
  Counter& requests;
  Counter& bad_requests;
  Counter& handshakes;
  Counter& failed_handshakes;
  Counter& timeouts;
  Counter& refused;
  Gauge& open_connections;
  Gauge& open_websockets;
  Histogram& latency;
  boost::asio::io_context io{1};
  std::unordered_set<Connection*> connections;
  std::map<IpAddress, std::size_t> peers;  // connections of each; kept only with max_connections_per_peer
  std::size_t bodies_bytes = 0;            // reserved for request bodies
  bool is_stopping = false;
  WorkerPool workers;
};

/// A connection that ends when its deadline passes. The deadlines of all are looked at once a second, which costs less
/// than a timer for each.
class Connection {
 public:
  explicit Connection(std::shared_ptr<NetCore> core, IpAddress peer);
  virtual ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Closes the socket at once; pending operations end with an error.
  virtual void abort() = 0;
  /// Whether an answer is owed: a server that stops waits a little for it.
  [[nodiscard]] virtual bool is_busy() const noexcept { return false; }
  [[nodiscard]] bool is_late(std::chrono::steady_clock::time_point now) const noexcept { return now > deadline_; }
  [[nodiscard]] const IpAddress& peer() const noexcept { return peer_; }

 protected:
  void expect_within(std::chrono::seconds time) { deadline_ = std::chrono::steady_clock::now() + time; }
  void expect_nothing() { deadline_ = std::chrono::steady_clock::time_point::max(); }
  NetCore& core() noexcept { return *core_; }
  [[nodiscard]] const std::shared_ptr<NetCore>& shared_core() const noexcept { return core_; }

 private:
  std::shared_ptr<NetCore> core_;
  IpAddress peer_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
};

}  // namespace warder::manager
