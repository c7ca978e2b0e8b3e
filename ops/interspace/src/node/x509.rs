//! The identity of a space as a self-signed X.509 certificate, for tools that know nothing else.
//! No space believes it: it says the same as the certificate, to others.

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::asn1::Ia5String;
use ed25519_dalek::pkcs8::spki::der::{EncodePem as _, pem::LineEnding};
use schema::latest::KeyStatement;
use std::time::{Duration, SystemTime};
use x509_cert::TbsCertificate;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder as _, CertificateBuilder};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, KeyUsages, SubjectAltName};
use x509_cert::ext::{Extension, ToExtension as _};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::time::{Time, Validity};

/// How long it says that it is valid, from the time of its key statement on: ten years.
const VALID: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// One that signs itself, and is of a space.
struct Identity {
    subject: Name,
    address: String,
}

type Built<T> = x509_cert::builder::Result<T>;

impl BuilderProfile for Identity {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> Built<Vec<Extension>> {
        let subject = tbs.subject();
        let address = GeneralName::UniformResourceIdentifier(Ia5String::new(&self.address)?);
        let basic = BasicConstraints { ca: false, path_len_constraint: None };
        let mut all = vec![basic.to_extension(subject, &[])?];
        all.push(KeyUsage(KeyUsages::DigitalSignature.into()).to_extension(subject, &all)?);
        all.push(SubjectAltName(vec![address]).to_extension(subject, &all)?);
        Ok(all)
    }
}

/// The certificate of a key statement in PEM, signed by its key; none if it cannot be encoded.
pub(crate) fn pem(statement: &KeyStatement, signing: &[u8; 32]) -> Option<String> {
    built(statement, signing).ok()
}

fn built(statement: &KeyStatement, signing: &[u8; 32]) -> Built<String> {
    let key = SigningKey::from_bytes(signing);
    let since = SystemTime::UNIX_EPOCH + Duration::from_millis(statement.time_ms);
    let validity = Validity::new(Time::try_from(since)?, Time::try_from(since + VALID)?);
    // Names hold what a distinguished name would read as its own signs.
    let plain = |c: char| if c.is_alphanumeric() || " -_.".contains(c) { c } else { '_' };
    let name: String = statement.name.as_str().chars().map(plain).take(40).collect();
    let subject = format!("CN={} {}", statement.space.short(), name.trim()).parse()?;
    let address = format!("interspace:{}", statement.space);
    let public = SubjectPublicKeyInfoOwned::from_key(&key.verifying_key())?;
    let serial = SerialNumber::from(statement.number);
    let builder = CertificateBuilder::new(Identity { subject, address }, serial, validity, public)?;
    let certificate = builder.build::<_, ed25519_dalek::Signature>(&key)?;
    Ok(certificate.to_pem(LineEnding::LF)?)
}
