#include "crypto/key_provider.h"

#include "crypto/seal.h"

namespace warder::crypto {

Result<std::string> KeyProvider::root_of(ByteView wrapped) const {
  return WD_TRY(read_sealed_header(wrapped).in("wrapped key")).key_id;
}

}  // namespace warder::crypto
