// What keys need from time to time: to take over what other managers did, to seal anew what is under old epochs, and to
// finish a rotation of the root key that was interrupted.
#pragma once

#include "base/log.h"
#include "manager/installation.h"
#include "manager/tenancy/reseal.h"

namespace warder::manager {

/// Single-threaded; call it about once an hour.
class KeyJobs {
 public:
  KeyJobs(Installation& installation, Log& log) : installation_(installation), log_(log) {}
  /// What fails is logged, and tried again the next time.
  void run();

 private:
  void refresh();
  void renew();
  void tell(const std::string& owner, const Result<ResealReport>& report);

  Installation& installation_;
  Log& log_;
  bool is_first_ = true;
};

}  // namespace warder::manager
