// The certificates that the manager's listeners show, and the TLS that is made of them.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "crypto/tls.h"
#include "manager/installation.h"

namespace warder::manager {

/// Thread-safe.
class ListenerCertificates {
 public:
  explicit ListenerCertificates(const Installation& installation) : installation_(installation) {}

  using Context = std::shared_ptr<const crypto::TlsServerContext>;
  struct Contexts {
    Context api;
    Context gateway;
  };
  /// New ones, of the manager's own authority where the settings name none.
  Result<Contexts> make();
  /// They near their end: to be made anew.
  [[nodiscard]] bool are_due() const;

  struct Shown {
    std::string listener;  // "api", "gateway"
    std::string chain_pem;
  };
  /// Those that were made last.
  [[nodiscard]] std::vector<Shown> shown() const;

 private:
  const Installation& installation_;
  mutable std::mutex mutex_;  // guards all below
  Timestamp renew_at_;
  std::vector<Shown> shown_;
};

}  // namespace warder::manager
