#include "keys/pkcs11_token.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <p11-kit/pkcs11.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/file.h"
#include "base/text.h"

namespace warder::keys {
namespace {

constexpr std::size_t kMaxPinBytes = 256;
constexpr std::size_t kMaxSlots = 256;
constexpr std::size_t kMaxKeys = 64;
constexpr CK_ULONG kTagBytes = 16;
constexpr CK_ULONG kKeyBytes = 32;

/// What Cryptoki takes without const it does not write.
template <class T>
T* writable(const T* pointer) {
  return const_cast<T*>(pointer);  // NOLINT(cppcoreguidelines-pro-type-const-cast): the C interface has no const
}

CK_ULONG size_of(ByteView bytes) {
  return bytes.size();
}

template <class T>
CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, const T& value) {
  return {type, writable(&value), sizeof(T)};
}

CK_ATTRIBUTE attribute_of(CK_ATTRIBUTE_TYPE type, ByteView value) {
  return {type, writable(value.data()), size_of(value)};
}

tl::unexpected<Error> failed(const char* function, CK_RV code) {
  ErrorCode meaning = ErrorCode::Unavailable;
  if (code == CKR_PIN_INCORRECT || code == CKR_PIN_LOCKED || code == CKR_PIN_EXPIRED) meaning = ErrorCode::Forbidden;
  if (code == CKR_ENCRYPTED_DATA_INVALID || code == CKR_ENCRYPTED_DATA_LEN_RANGE) meaning = ErrorCode::Corrupt;
  if (code == CKR_MECHANISM_INVALID || code == CKR_MECHANISM_PARAM_INVALID) meaning = ErrorCode::Invalid;
  return fail(meaning, fmt::format("PKCS#11: {} failed with CKR 0x{:08x}", function, code));
}

/// The session is gone, with the login: a token that was taken out, a module that started anew.
bool is_session_lost(CK_RV code) {
  return code == CKR_SESSION_HANDLE_INVALID || code == CKR_SESSION_CLOSED || code == CKR_DEVICE_REMOVED ||
         code == CKR_TOKEN_NOT_PRESENT || code == CKR_USER_NOT_LOGGED_IN || code == CKR_CRYPTOKI_NOT_INITIALIZED;
}

class Pin {
 public:
  static Result<Pin> read(const std::string& path) {
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file.is_open()) return fail_errno("pkcs11_pin_file: " + path, errno);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return fail_errno(path, errno);
    if ((status.st_mode & 077) != 0)
      return fail(ErrorCode::Forbidden, "pkcs11_pin_file: " + path + ": others can read it; chmod 0600");
    Pin pin;
    const ssize_t count = ::read(file.get(), pin.bytes_.data(), pin.bytes_.size());
    if (count < 0) return fail_errno("pkcs11_pin_file: " + path, errno);
    pin.size_ = trim(std::string_view{pin.bytes_.data(), static_cast<std::size_t>(count)}).size();
    if (pin.size_ == 0 || pin.size_ == kMaxPinBytes)
      return fail(ErrorCode::Invalid, "pkcs11_pin_file: " + path + ": one line with the PIN");
    return pin;
  }
  ~Pin() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
  Pin(const Pin&) = default;
  Pin& operator=(const Pin&) = delete;
  [[nodiscard]] CK_UTF8CHAR_PTR data() { return reinterpret_cast<CK_UTF8CHAR_PTR>(bytes_.data()); }  // NOLINT
  [[nodiscard]] CK_ULONG size() const { return size_; }

 private:
  Pin() = default;
  std::array<char, kMaxPinBytes> bytes_{};
  std::size_t size_ = 0;
};

class Token final : public Pkcs11Token {
 public:
  Token(Pkcs11Options options, CK_FUNCTION_LIST_PTR functions) : options_(std::move(options)), p11_(functions) {}
  ~Token() override { close(); }
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;

  Result<void> connect() {
    close();
    CK_C_INITIALIZE_ARGS arguments{};
    arguments.flags = CKF_OS_LOCKING_OK;
    // Never finalised: another in this process may use the same module.
    const CK_RV started = p11_->C_Initialize(&arguments);
    if (started != CKR_OK && started != CKR_CRYPTOKI_ALREADY_INITIALIZED) return failed("C_Initialize", started);
    const CK_SLOT_ID slot = WD_TRY(find_slot());
    CK_SESSION_HANDLE session = 0;
    const CK_FLAGS flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
    if (const CK_RV code = p11_->C_OpenSession(slot, flags, nullptr, nullptr, &session); code != CKR_OK)
      return failed("C_OpenSession", code);
    session_ = session;
    Pin pin = WD_TRY(Pin::read(options_.pin_file));
    const CK_RV code = p11_->C_Login(session, CKU_USER, pin.data(), pin.size());
    if (code != CKR_OK && code != CKR_USER_ALREADY_LOGGED_IN) return failed("C_Login", code);
    return {};
  }

  Result<std::vector<Bytes>> key_ids() override {
    std::vector<Bytes> ids;
    for (const CK_OBJECT_HANDLE key : WD_TRY(find({}))) {
      std::array<CK_BYTE, 64> id{};
      CK_ATTRIBUTE wanted{CKA_ID, id.data(), id.size()};
      WD_TRY(call("C_GetAttributeValue", [&] { return p11_->C_GetAttributeValue(*session_, key, &wanted, 1); }));
      ids.emplace_back(id.begin(), id.begin() + static_cast<std::ptrdiff_t>(wanted.ulValueLen));
    }
    std::ranges::sort(ids);
    return ids;
  }

  Result<void> make_key(ByteView id) override {
    const CK_BBOOL yes = CK_TRUE;
    const CK_BBOOL no = CK_FALSE;
    std::array<CK_ATTRIBUTE, 10> attributes{
        {attribute(CKA_VALUE_LEN, kKeyBytes), attribute(CKA_TOKEN, yes), attribute(CKA_PRIVATE, yes),
         attribute(CKA_SENSITIVE, yes), attribute(CKA_EXTRACTABLE, no), attribute(CKA_ENCRYPT, yes),
         attribute(CKA_DECRYPT, yes), attribute(CKA_MODIFIABLE, no),
         attribute_of(CKA_LABEL, as_bytes(options_.key_label)), attribute_of(CKA_ID, id)}};
    CK_MECHANISM mechanism{CKM_AES_KEY_GEN, nullptr, 0};
    CK_OBJECT_HANDLE key = 0;
    return call("C_GenerateKey",
                [&] { return p11_->C_GenerateKey(*session_, &mechanism, attributes.data(), attributes.size(), &key); });
  }

  Result<void> destroy_key(ByteView id) override {
    const CK_OBJECT_HANDLE key = WD_TRY(find_one(id));
    return call("C_DestroyObject", [&] { return p11_->C_DestroyObject(*session_, key); });
  }

  Result<Bytes> encrypt(ByteView id, ByteView nonce, ByteView associated, ByteView plaintext) override {
    const CK_OBJECT_HANDLE key = WD_TRY(find_one(id));
    Bytes out(plaintext.size() + kTagBytes);
    CK_ULONG written = out.size();
    WD_TRY(with_gcm(nonce, associated, "C_Encrypt", [&](CK_MECHANISM* mechanism) {
      const CK_RV code = p11_->C_EncryptInit(*session_, mechanism, key);
      if (code != CKR_OK) return code;
      return p11_->C_Encrypt(*session_, writable(plaintext.data()), size_of(plaintext), out.data(), &written);
    }));
    if (written != out.size()) return fail(ErrorCode::Corrupt, "PKCS#11: C_Encrypt gave no tag of 16 bytes");
    return out;
  }

  Result<Bytes> decrypt(ByteView id, ByteView nonce, ByteView associated, ByteView ciphertext) override {
    const CK_OBJECT_HANDLE key = WD_TRY(find_one(id));
    // Some modules write the tag there, too.
    Bytes out(ciphertext.size());
    CK_ULONG written = out.size();
    const auto done = with_gcm(nonce, associated, "C_Decrypt", [&](CK_MECHANISM* mechanism) {
      const CK_RV code = p11_->C_DecryptInit(*session_, mechanism, key);
      if (code != CKR_OK) return code;
      return p11_->C_Decrypt(*session_, writable(ciphertext.data()), size_of(ciphertext), out.data(), &written);
    });
    if (!done) OPENSSL_cleanse(out.data(), out.size());
    WD_TRY(done);
    out.resize(std::min<std::size_t>(written, out.size()));
    return out;
  }

 private:
  void close() noexcept {
    if (session_) static_cast<void>(p11_->C_CloseSession(*session_));
    session_.reset();
  }

  /// Once more with a new session when the session is lost.
  template <class Function>
  Result<void> call(const char* name, const Function& function) {
    CK_RV code = session_ ? function() : CKR_SESSION_HANDLE_INVALID;
    if (is_session_lost(code)) {
      WD_TRY(connect());
      code = function();
    }
    if (code != CKR_OK) return failed(name, code);
    return {};
  }

  /// SoftHSM 2.6 answers CKR_GENERAL_ERROR to a wrong tag where the standard has CKR_ENCRYPTED_DATA_INVALID.
  template <class Function>
  Result<void> with_gcm(ByteView nonce, ByteView associated, const char* name, const Function& function) {
    CK_GCM_PARAMS parameters{};
    parameters.pIv = writable(nonce.data());
    parameters.ulIvLen = size_of(nonce);
    parameters.ulIvBits = size_of(nonce) * 8;
    parameters.pAAD = writable(associated.data());
    parameters.ulAADLen = size_of(associated);
    parameters.ulTagBits = kTagBytes * 8;
    CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof parameters};
    CK_RV last = CKR_OK;
    auto done = call(name, [&] { return last = function(&mechanism); });
    const bool is_decryption = std::string_view{name} == "C_Decrypt";
    if (!done && is_decryption && (last == CKR_GENERAL_ERROR || last == CKR_FUNCTION_FAILED))
      return fail(ErrorCode::Corrupt, done.error().message);
    return done;
  }

  Result<CK_SLOT_ID> find_slot() {
    std::array<CK_SLOT_ID, kMaxSlots> slots{};
    CK_ULONG count = slots.size();
    if (const CK_RV code = p11_->C_GetSlotList(CK_TRUE, slots.data(), &count); code != CKR_OK)
      return failed("C_GetSlotList", code);
    for (CK_ULONG i = 0; i < count; ++i) {
      CK_TOKEN_INFO info{};
      if (p11_->C_GetTokenInfo(slots.at(i), &info) != CKR_OK) continue;
      const std::string_view label = as_text(ByteView{info.label, sizeof info.label});
      if (trim(label) == options_.token) return slots.at(i);
    }
    return fail(ErrorCode::NotFound, "pkcs11_token: the module has no token '" + options_.token + "'");
  }

  /// All of the label, or the one with this id.
  Result<std::vector<CK_OBJECT_HANDLE>> find(std::optional<ByteView> id) {
    const CK_OBJECT_CLASS secret = CKO_SECRET_KEY;
    std::vector<CK_ATTRIBUTE> wanted{attribute(CKA_CLASS, secret),
                                     attribute_of(CKA_LABEL, as_bytes(options_.key_label))};
    if (id) wanted.push_back(attribute_of(CKA_ID, *id));
    WD_TRY(call("C_FindObjectsInit", [&] { return p11_->C_FindObjectsInit(*session_, wanted.data(), wanted.size()); }));
    std::vector<CK_OBJECT_HANDLE> found(kMaxKeys);
    CK_ULONG count = 0;
    const CK_RV code = p11_->C_FindObjects(*session_, found.data(), found.size(), &count);
    static_cast<void>(p11_->C_FindObjectsFinal(*session_));
    if (code != CKR_OK) return failed("C_FindObjects", code);
    found.resize(count);
    return found;
  }

  Result<CK_OBJECT_HANDLE> find_one(ByteView id) {
    const auto found = WD_TRY(find(id));
    if (found.empty()) return fail(ErrorCode::NotFound, "PKCS#11: the root key is not in the token");
    if (found.size() > 1) return fail(ErrorCode::Corrupt, "PKCS#11: two root keys have one id");
    return found.front();
  }

  const Pkcs11Options options_;
  CK_FUNCTION_LIST_PTR const p11_;
  std::optional<CK_SESSION_HANDLE> session_;
};

}  // namespace

Result<std::unique_ptr<Pkcs11Token>> Pkcs11Token::open(const Pkcs11Options& options) {
  // Never closed: what a module has started does not bear it.
  void* const library = ::dlopen(options.module.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const why = ::dlerror();  // NOLINT(concurrency-mt-unsafe): of this thread in glibc
    return fail(ErrorCode::NotFound, std::string{"pkcs11_module: "} + (why != nullptr ? why : "not loaded"));
  }
  void* const symbol = ::dlsym(library, "C_GetFunctionList");
  if (symbol == nullptr) return fail(ErrorCode::Invalid, "pkcs11_module: " + options.module + " is no PKCS#11 module");
  const auto get_list = reinterpret_cast<CK_C_GetFunctionList>(symbol);  // NOLINT: what dlsym is for
  CK_FUNCTION_LIST_PTR functions = nullptr;
  if (const CK_RV code = get_list(&functions); code != CKR_OK || functions == nullptr)
    return failed("C_GetFunctionList", code);
  auto token = std::make_unique<Token>(options, functions);
  WD_TRY(token->connect());
  return token;
}

}  // namespace warder::keys
