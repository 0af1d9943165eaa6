#include "manager/net/core.h"

namespace warder::manager {

NetCore::NetCore(HttpServerOptions server_options, HttpHandler& server_handler, Log& server_log, Metrics& metrics)
    : options(std::move(server_options)),
      handler(server_handler),
      log(server_log),
      requests(metrics.counter("warder_http_requests", "Requests answered", {{"listener", options.name}})),
      bad_requests(metrics.counter("warder_http_bad_requests", "Requests that are not HTTP or break a limit",
                                   {{"listener", options.name}})),
      handshakes(
          metrics.counter("warder_tls_handshakes", "TLS handshakes that succeeded", {{"listener", options.name}})),
      failed_handshakes(
          metrics.counter("warder_tls_handshakes_failed", "TLS handshakes that failed", {{"listener", options.name}})),
      timeouts(metrics.counter("warder_http_timeouts", "Connections ended for slowness", {{"listener", options.name}})),
      refused(metrics.counter("warder_http_refused_connections", "Connections over a peer's limit",
                              {{"listener", options.name}})),
      open_connections(metrics.gauge("warder_http_connections", "Open connections", {{"listener", options.name}})),
      open_websockets(metrics.gauge("warder_websockets", "Open WebSockets", {{"listener", options.name}})),
      latency(metrics.histogram("warder_http_request_duration_seconds", "From the request's last byte to the answer",
                                {{"listener", options.name}})),
      workers(options.workers) {}

void NetCore::run_on_worker(std::function<void()> work) {
  workers.submit([guard = boost::asio::make_work_guard(io), work = std::move(work)] { work(); });
}

Connection::Connection(std::shared_ptr<NetCore> core, IpAddress peer) : core_(std::move(core)), peer_(peer) {
  core_->connections.insert(this);
  core_->open_connections.add(1);
  if (core_->options.max_connections_per_peer > 0) ++core_->peers[peer_];
}

Connection::~Connection() {
  core_->connections.erase(this);
  core_->open_connections.add(-1);
  const auto found = core_->peers.find(peer_);
  if (found != core_->peers.end() && --found->second == 0) core_->peers.erase(found);
}

}  // namespace warder::manager
