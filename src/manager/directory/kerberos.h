// Kerberos tickets that browsers and programs show (SPNEGO, RFC 4178 and 4559): whose a ticket is, by the keys of a
// keytab.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::manager {

struct KerberosProof {
  std::string principal;  // "alice@EXAMPLE.COM"
  Bytes answer;           // by which the client sees that it is us
};

/// Thread-safe. What has been shown once is taken no second time.
class KerberosAcceptor {
 public:
  /// `replays`: the file that remembers what was shown. Invalid when there is no keytab with a key.
  static Result<std::unique_ptr<KerberosAcceptor>> create(const std::string& keytab, const std::string& replays);
  ~KerberosAcceptor();
  KerberosAcceptor(const KerberosAcceptor&) = delete;
  KerberosAcceptor& operator=(const KerberosAcceptor&) = delete;

  /// Unauthenticated unless the token alone proves somebody: another round, another mechanism, a replay, nobody's name.
  [[nodiscard]] Result<KerberosProof> accept(ByteView token) const;

 private:
  struct Credentials;
  explicit KerberosAcceptor(std::unique_ptr<Credentials> credentials);
  std::unique_ptr<Credentials> credentials_;
};

}  // namespace warder::manager
