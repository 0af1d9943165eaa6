#include "manager/directory/kerberos.h"

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

namespace warder::manager {
namespace {

constexpr std::size_t kMaxTokenBytes = 64 << 10;

// 1.3.6.1.5.5.2 and 1.2.840.113554.1.2.2
char kSpnegoBytes[] = "\x2b\x06\x01\x05\x05\x02";
char kKerberosBytes[] = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";

gss_OID_set_desc one_mechanism(gss_OID_desc& mechanism) {
  return {1, &mechanism};
}

std::string text_of(OM_uint32 status, int kind) {
  OM_uint32 minor = 0;
  OM_uint32 more = 0;
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  gss_display_status(&minor, status, kind, GSS_C_NO_OID, &more, &text);
  std::string out(static_cast<const char*>(text.value), text.length);
  gss_release_buffer(&minor, &text);
  return out;
}

std::string text_of(OM_uint32 major, OM_uint32 minor) {
  return text_of(major, GSS_C_GSS_CODE) + " (" + text_of(minor, GSS_C_MECH_CODE) + ")";
}

/// What gss_accept_sec_context makes, freed.
struct Acceptance {
  Acceptance() = default;
  ~Acceptance() {
    OM_uint32 minor = 0;
    gss_release_buffer(&minor, &answer);
    gss_release_name(&minor, &client);
    gss_release_cred(&minor, &delegated);
    gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
  }
  Acceptance(const Acceptance&) = delete;
  Acceptance& operator=(const Acceptance&) = delete;

  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  gss_name_t client = GSS_C_NO_NAME;
  gss_buffer_desc answer = GSS_C_EMPTY_BUFFER;
  gss_cred_id_t delegated = GSS_C_NO_CREDENTIAL;
  OM_uint32 flags = 0;
};

Result<std::string> principal_of(gss_name_t client) {
  OM_uint32 minor = 0;
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  gss_OID kind = GSS_C_NO_OID;
  if (gss_display_name(&minor, client, &text, &kind) != GSS_S_COMPLETE)
    return fail(ErrorCode::Unauthenticated, "the ticket names nobody");
  std::string principal(static_cast<const char*>(text.value), text.length);
  gss_release_buffer(&minor, &text);
  if (!gss_oid_equal(kind, GSS_KRB5_NT_PRINCIPAL_NAME))
    return fail(ErrorCode::Unauthenticated, "the ticket names no principal");
  return principal;
}

}  // namespace

struct KerberosAcceptor::Credentials {
  Credentials() = default;
  ~Credentials() {
    OM_uint32 minor = 0;
    gss_release_cred(&minor, &held);
  }
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;
  gss_cred_id_t held = GSS_C_NO_CREDENTIAL;
};

KerberosAcceptor::KerberosAcceptor(std::unique_ptr<Credentials> credentials) : credentials_(std::move(credentials)) {}
KerberosAcceptor::~KerberosAcceptor() = default;

Result<std::unique_ptr<KerberosAcceptor>> KerberosAcceptor::create(const std::string& keytab,
                                                                   const std::string& replays) {
  const std::string keys = "FILE:" + keytab;
  const std::string cache = "file2:" + replays;
  gss_key_value_element_desc elements[] = {{"keytab", keys.c_str()}, {"rcache", cache.c_str()}};
  const gss_key_value_set_desc store{2, elements};
  gss_OID_desc spnego{sizeof kSpnegoBytes - 1, kSpnegoBytes};
  gss_OID_desc kerberos{sizeof kKerberosBytes - 1, kKerberosBytes};
  gss_OID_set_desc mechanisms = one_mechanism(spnego);
  gss_OID_set_desc inner = one_mechanism(kerberos);
  auto credentials = std::make_unique<Credentials>();
  OM_uint32 minor = 0;
  OM_uint32 major = gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechanisms, GSS_C_ACCEPT, &store,
                                          &credentials->held, nullptr, nullptr);
  if (major == GSS_S_COMPLETE) major = gss_set_neg_mechs(&minor, credentials->held, &inner);
  if (major != GSS_S_COMPLETE)
    return fail(ErrorCode::Invalid, "no key in the keytab " + keytab + ": " + text_of(major, minor));
  return std::unique_ptr<KerberosAcceptor>(new KerberosAcceptor(std::move(credentials)));
}

Result<KerberosProof> KerberosAcceptor::accept(ByteView token) const {
  if (token.empty() || token.size() > kMaxTokenBytes)
    return fail(ErrorCode::Unauthenticated, "no ticket, or too long a one");
  Bytes own(token.begin(), token.end());
  gss_buffer_desc input{own.size(), own.data()};
  Acceptance made;
  OM_uint32 minor = 0;
  const OM_uint32 major =
      gss_accept_sec_context(&minor, &made.context, credentials_->held, &input, GSS_C_NO_CHANNEL_BINDINGS, &made.client,
                             nullptr, &made.answer, &made.flags, nullptr, &made.delegated);
  if (major == GSS_S_CONTINUE_NEEDED) return fail(ErrorCode::Unauthenticated, "the client wants another mechanism");
  if (major != GSS_S_COMPLETE) return fail(ErrorCode::Unauthenticated, text_of(major, minor));
  if ((made.flags & GSS_C_ANON_FLAG) != 0 || made.client == GSS_C_NO_NAME)
    return fail(ErrorCode::Unauthenticated, "the ticket names nobody");
  const auto* const answer = static_cast<const std::uint8_t*>(made.answer.value);
  return KerberosProof{WD_TRY(principal_of(made.client)), Bytes(answer, answer + made.answer.length)};
}

}  // namespace warder::manager
