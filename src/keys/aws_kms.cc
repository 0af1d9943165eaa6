#include "keys/aws_kms.h"

#include <curl/curl.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "base/json.h"
#include "crypto/seal.h"
#include "keys/aws_credentials.h"
#include "keys/secret_bytes.h"

namespace warder::keys {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMaxAnswerBytes = 64 << 10;
constexpr std::size_t kMaxIdBytes = 255;
constexpr long kOk = 200;

struct CloseEasy {
  void operator()(CURL* curl) const noexcept { curl_easy_cleanup(curl); }
};
struct FreeList {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, FreeList>;

struct Answer {
  long status = 0;
  SecretText body;
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
  std::string& body = static_cast<Answer*>(self)->body.text();
  if (body.size() + size * count > kMaxAnswerBytes) return 0;
  body.append(data, size * count);
  return size * count;
}

template <class Value>
void set(CURL* curl, CURLoption option, Value value) {
  curl_easy_setopt(curl, option, value);
}

void add(Headers& headers, const std::string& line) {
  headers.reset(curl_slist_append(headers.release(), line.c_str()));
}

/// What KMS calls its errors, and what they are to us. The rest by the HTTP status.
struct Meaning {
  std::string_view type;
  ErrorCode code;
};
constexpr std::array kMeanings = {
    Meaning{"InvalidCiphertextException", ErrorCode::Corrupt},
    Meaning{"IncorrectKeyException", ErrorCode::NotFound},
    Meaning{"NotFoundException", ErrorCode::NotFound},
    Meaning{"DisabledException", ErrorCode::Unavailable},
    Meaning{"KMSInvalidStateException", ErrorCode::Unavailable},
    Meaning{"KeyUnavailableException", ErrorCode::Unavailable},
    Meaning{"ThrottlingException", ErrorCode::Unavailable},
    Meaning{"AccessDeniedException", ErrorCode::Forbidden},
    Meaning{"IncompleteSignatureException", ErrorCode::Unauthenticated},
    Meaning{"InvalidSignatureException", ErrorCode::Unauthenticated},
    Meaning{"UnrecognizedClientException", ErrorCode::Unauthenticated},
    Meaning{"ExpiredTokenException", ErrorCode::Unauthenticated},
};

/// Never the message of KMS: only the type of the error, which is one of a list.
tl::unexpected<Error> refused(const std::string& operation, const Answer& answer) {
  std::string type = "HTTP " + std::to_string(answer.status);
  ErrorCode code = answer.status >= 500 ? ErrorCode::Unavailable : ErrorCode::Invalid;
  const auto parsed = parse_json(answer.body.text());
  const auto* const object = parsed ? parsed->if_object() : nullptr;
  const auto named = object != nullptr ? get_string(*object, "__type") : Result<std::string_view>{""};
  for (const Meaning& meaning : kMeanings) {
    if (!named || !named->ends_with(meaning.type)) continue;
    const bool is_whole =
        named->size() == meaning.type.size() || (*named)[named->size() - meaning.type.size() - 1] == '#';
    if (!is_whole) continue;
    type = meaning.type;
    code = meaning.code;
  }
  return fail(code, "AWS KMS: " + operation + ": " + type);
}

bool is_loopback(std::string_view endpoint) {
  return endpoint.starts_with("http://127.0.0.1:") || endpoint.starts_with("http://[::1]:");
}

std::string quoted(std::string_view text) {
  return json::serialize(json::value(json::string(text)));
}

class AwsKms final : public crypto::KeyProvider {
 public:
  explicit AwsKms(AwsKmsOptions options) : options_(std::move(options)) {
    if (options_.endpoint.empty()) options_.endpoint = "https://kms." + options_.region + ".amazonaws.com/";
  }
  [[nodiscard]] std::string name() const override { return "aws-kms"; }

  Result<Bytes> wrap(std::string_view purpose, ByteView key) override {
    SecretText body;
    const SecretText plaintext{to_base64(key)};
    body.text().reserve(1024 + purpose.size() + plaintext.text().size() + options_.key_id.size());
    body.text().append("{\"KeyId\":").append(quoted(options_.key_id)).append(",\"EncryptionContext\":");
    body.text().append(context(purpose)).append(",\"Plaintext\":\"").append(plaintext.text()).append("\"}");
    const json::value answer = WD_TRY(call("Encrypt", body));
    const Bytes blob = WD_TRY(from_base64(WD_TRY(get_string(answer.as_object(), "CiphertextBlob"))));
    const std::string root{WD_TRY(get_string(answer.as_object(), "KeyId"))};
    if (root.size() > kMaxIdBytes) return fail(ErrorCode::Corrupt, "AWS KMS: the key's ARN is too long");
    Bytes box{kVersion, static_cast<std::uint8_t>(root.size())};
    append(box, as_bytes(root));
    append_u32be(box, 1);
    append(box, blob);
    return box;
  }

  Result<Bytes> unwrap(std::string_view purpose, ByteView wrapped) override {
    const crypto::SealedHeader header = WD_TRY(crypto::read_sealed_header(wrapped));
    if (!header.key_id.starts_with("arn:"))
      return fail(ErrorCode::NotFound, "root key " + header.key_id + " is not in KMS");
    if (header.epoch != 1) return fail(ErrorCode::Corrupt, "wrapped key: altered");
    const ByteView blob = wrapped.subspan(2 + header.key_id.size() + 4);
    SecretText body{"{\"KeyId\":" + quoted(header.key_id) + ",\"EncryptionContext\":" + context(purpose) +
                    ",\"CiphertextBlob\":\"" + to_base64(blob) + "\"}"};
    json::value answer = WD_TRY(call("Decrypt", body));
    json::value* const plaintext = answer.as_object().if_contains("Plaintext");
    if (plaintext == nullptr || !plaintext->is_string()) return fail(ErrorCode::Corrupt, "AWS KMS: no plaintext");
    json::string& text = plaintext->as_string();
    auto key = from_base64(std::string_view{text});
    OPENSSL_cleanse(text.data(), text.size());
    if (!key) return fail(ErrorCode::Corrupt, "AWS KMS: the plaintext is no base64");
    return key;
  }

  Result<std::string> root() override {
    SecretText body{"{\"KeyId\":" + quoted(options_.key_id) + "}"};
    const json::value answer = WD_TRY(call("DescribeKey", body));
    const json::object* const metadata = WD_TRY(get_object(answer.as_object(), "KeyMetadata"));
    return std::string{WD_TRY(get_string(*metadata, "Arn"))};
  }

  Result<void> rotate() override {
    return fail(ErrorCode::Conflict,
                "AWS KMS makes its keys itself: make one there, put it into aws_kms_key_id (or point the alias at it); "
                "tenants' keys are wrapped under it within an hour");
  }
  Result<bool> has_old() override { return false; }
  Result<void> forget_old() override { return {}; }

 private:
  static std::string context(std::string_view purpose) { return "{\"warder-purpose\":" + quoted(purpose) + "}"; }

  Result<json::value> call(const std::string& operation, const SecretText& body) const {
    Answer answer;
    WD_TRY(send(operation, body, answer));
    if (answer.status != kOk) return refused(operation, answer);
    auto parsed = parse_json(answer.body.text(), kMaxAnswerBytes);
    if (!parsed || !parsed->is_object())
      return fail(ErrorCode::Corrupt, "AWS KMS: " + operation + ": the answer is no JSON object");
    return parsed;
  }

  Result<void> send(const std::string& operation, const SecretText& body, Answer& answer) const {
    const auto credentials = WD_TRY(read_aws_credentials(options_.credentials_file));
    const std::unique_ptr<CURL, CloseEasy> curl(curl_easy_init());
    if (!curl) return fail(ErrorCode::Internal, "AWS KMS: no curl handle");
    // What grows is not wiped where it was.
    answer.body.text().reserve(kMaxAnswerBytes);
    Headers headers;
    add(headers, "Content-Type: application/x-amz-json-1.1");
    add(headers, "X-Amz-Target: TrentService." + operation);
    add(headers, "Expect:");
    if (!credentials->session_token.text().empty())
      add(headers, "X-Amz-Security-Token: " + credentials->session_token.text());
    const std::string signer = "aws:amz:" + options_.region + ":kms";
    set(curl.get(), CURLOPT_URL, options_.endpoint.c_str());
    set(curl.get(), CURLOPT_NOSIGNAL, 1L);
    set(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    set(curl.get(), CURLOPT_FOLLOWLOCATION, 0L);
    set(curl.get(), CURLOPT_PROXY, "");
    set(curl.get(), CURLOPT_TIMEOUT_MS, long{options_.limit.count()});
    set(curl.get(), CURLOPT_AWS_SIGV4, signer.c_str());
    set(curl.get(), CURLOPT_USERNAME, credentials->access_key_id.c_str());
    set(curl.get(), CURLOPT_PASSWORD, credentials->secret_access_key.text().c_str());
    set(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    set(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.text().size()));
    set(curl.get(), CURLOPT_POSTFIELDS, body.text().c_str());
    set(curl.get(), CURLOPT_WRITEFUNCTION, &on_body);
    set(curl.get(), CURLOPT_WRITEDATA, static_cast<void*>(&answer));
    set(curl.get(), CURLOPT_USERAGENT, "warder-manager/" WARDER_VERSION);
    const CURLcode code = curl_easy_perform(curl.get());
    const ErrorCode meaning = code == CURLE_OPERATION_TIMEDOUT ? ErrorCode::Timeout : ErrorCode::Unavailable;
    if (code != CURLE_OK) return fail(meaning, "AWS KMS: " + operation + ": " + curl_easy_strerror(code));
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    return {};
  }

  AwsKmsOptions options_;
};

}  // namespace

Result<std::unique_ptr<crypto::KeyProvider>> make_aws_kms_provider(AwsKmsOptions options) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  if (options.key_id.empty()) return fail(ErrorCode::Invalid, "aws_kms_key_id: an id, ARN or alias of a key");
  if (options.region.empty()) return fail(ErrorCode::Invalid, "aws_kms_region: as in eu-central-1");
  if (!options.endpoint.empty() && !options.endpoint.starts_with("https://") && !is_loopback(options.endpoint))
    return fail(ErrorCode::Invalid, "aws_kms_endpoint: an https address");
  auto provider = std::make_unique<AwsKms>(std::move(options));
  WD_TRY(provider->root().in("aws_kms_key_id"));
  return provider;
}

}  // namespace warder::keys
