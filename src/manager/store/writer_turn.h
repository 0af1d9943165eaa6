// Inside the store: whose turn it is to write to a file. A semaphore rather than a mutex, because the lease that holds
// it may move to another thread.
#pragma once

#include <memory>
#include <semaphore>

namespace warder::manager {

class WriterTurn {
 public:
  std::binary_semaphore semaphore{1};
};

}  // namespace warder::manager
