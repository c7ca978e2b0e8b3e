//! Vectors of invitations, and of who brings one.

use crate::cast::Cast;
use crate::files::{Vector, accept, refuse};
use engine::trust::certificate::Keys;
use engine::trust::invitation::{Standing, id_of, prove};
use schema::id::{InvitationId, hex};
use schema::latest::{Certificate, Envelope, EnvelopeKind, Invitation, Join};
use schema::limits::INVITATION_CERTIFICATE_BYTES_MAX;
use serde_json::{Value, json};
use tests::draw::Draw;
use tests::stranger::Stranger;

/// The secret in the token.
const SECRET: [u8; 32] = [0x1d; 32];

/// What Berta put into the id of this one link.
const OFFER: [u8; 32] = [0x0f; 32];

/// Berta invites, Anna brings the token.
struct Scene {
    berta: Stranger,
    anna: Stranger,
    token: Invitation,
    join: Join,
}

impl Scene {
    fn new() -> Self {
        let (berta, mut anna) = (Stranger::new("Berta", 2), Stranger::new("Anna", 1));
        let keys = Certificate { documents: berta.certificate().documents[..1].to_vec() };
        let mut certificate = Keys::verify(&keys).expect("her own").certificate();
        certificate.documents.push(berta.identity().offer(OFFER));
        let token = Invitation {
            certificate: certificate.write(),
            ends_ms: 1_767_229_200_000,
            secret: SECRET,
        };
        let link = anna.trust(&certificate);
        let join = Join {
            invitation: id_of(&SECRET),
            proof: prove(&SECRET, &link, &anna.id(), &berta.id()),
            certificate: anna.certificate().write(),
        };
        Self { berta, anna, token, join }
    }

    /// What Berta knows, with these invitations.
    fn knows(&self, invitations: &[(InvitationId, Standing)]) -> Value {
        let mut context = Cast::recipient(&self.berta, &[]);
        let one = |(invitation, standing): &(InvitationId, Standing)| {
            json!({
                "invitation": invitation.to_string(),
                "offer": hex(&OFFER),
                "standing": standing.as_str(),
                "guest": Value::Null,
            })
        };
        context["invitations"] = invitations.iter().map(one).collect();
        context
    }

    fn open(&self) -> Value {
        self.knows(&[(self.join.invitation, Standing::Open)])
    }

    /// Anna's envelope around any body.
    fn sealed(&mut self, body: &[u8]) -> Value {
        let envelope = self.anna.signal(&self.berta.id(), EnvelopeKind::Join, body);
        json!({"bytes": hex(&envelope)})
    }

    /// Anna's envelope around her join, changed.
    fn changed(&mut self, change: impl FnOnce(&mut Join)) -> Value {
        let mut join = self.join.clone();
        change(&mut join);
        self.sealed(&join.write())
    }
}

pub(crate) fn make(made: &mut Vec<Vector>) {
    let mut scene = Scene::new();
    tokens(&scene.token, made);
    let body = scene.join.write();
    let drawn = Draw::new(18).join().write();
    let bytes = |bytes: &[u8]| json!({"bytes": hex(bytes)});
    accept(made, "join", "join", Value::Null, bytes(&drawn));
    for (case, odd) in
        [("join_trailing_byte", [&drawn[..], &[0]].concat()), ("join_cut", drawn[..99].to_vec())]
    {
        refuse(made, case, ("join", "join"), Value::Null, bytes(&odd));
    }
    let sealed = scene.sealed(&body);
    accept(made, "envelope_join", "envelope", scene.open(), sealed);
    standings(&mut scene, made);
    named(&mut scene, made);
    lies(&mut scene, made);
    certificates(&mut scene, made);
}

/// Tokens, right and damaged.
fn tokens(token: &Invitation, made: &mut Vec<Vector>) {
    let text = token.write();
    let input = |text: &str| json!({"text": text});
    accept(made, "invitation", "invitation", Value::Null, input(&text));
    let (one, other) = text.split_at(70);
    let wrapped = format!("  {one}\r\n{other}\n");
    accept(made, "invitation_wrapped_by_a_mail", "invitation", Value::Null, input(&wrapped));
    let (most, last) = text.split_at(text.len() - 1);
    let flipped = format!("{most}{}", if last == "A" { "B" } else { "A" });
    let (code, sum) = (("invitation", "invitation"), ("invitation", "invitation: checksum"));
    refuse(made, "invitation_cut", code, Value::Null, input(most));
    refuse(
        made,
        "invitation_of_another_version",
        code,
        Value::Null,
        input(&text.replace("-1-", "-2-")),
    );
    refuse(made, "invitation_padded", code, Value::Null, input(&format!("{text}=")));
    let middle = text.replacen("V", "W", 1);
    refuse(made, "invitation_altered", sum, Value::Null, input(&middle));
    let last = if flipped.len() % 4 == 1 { code } else { sum };
    refuse(made, "invitation_altered_at_its_end", last, Value::Null, input(&flipped));
}

/// An invitation that is not open, alone and beside one that is.
fn standings(scene: &mut Scene, made: &mut Vec<Vector>) {
    let sealed = scene.sealed(&scene.join.write());
    let (id, other) = (scene.join.invitation, id_of(&[0x2e; 32]));
    let mut told = |case: &str, code: &str, context: Value| {
        refuse(made, case, ("envelope", code), context, sealed.clone());
    };
    told("envelope_join_uninvited", "not-invited", scene.knows(&[]));
    let used = scene.knows(&[(id, Standing::Used)]);
    told("envelope_join_while_nothing_is_open", "not-invited", used);
    let unknown = scene.knows(&[(other, Standing::Open)]);
    told("envelope_join_unknown_invitation", "unknown-invitation", unknown);
    for standing in [Standing::Used, Standing::Revoked, Standing::Ended] {
        let beside = scene.knows(&[(id, standing), (other, Standing::Open)]);
        let word = standing.as_str();
        let case = format!("envelope_join_{word}_invitation");
        told(&case, &format!("invitation-{word}"), beside);
    }
}

/// An invitation that names who alone may come.
fn named(scene: &mut Scene, made: &mut Vec<Vector>) {
    let sealed = scene.sealed(&scene.join.write());
    let mut context = scene.open();
    context["invitations"][0]["guest"] = json!(scene.anna.id().to_string());
    let case = "envelope_join_of_who_is_named";
    accept(made, case, "envelope", context.clone(), sealed.clone());
    context["invitations"][0]["guest"] = json!(Stranger::new("Carla", 3).id().to_string());
    let (case, code) = ("envelope_join_of_another_than_is_named", ("envelope", "invited-another"));
    refuse(made, case, code, context, sealed);
}

/// What somebody writes who does not have the token, or has it and writes another's.
fn lies(scene: &mut Scene, made: &mut Vec<Vector>) {
    let open = scene.open();
    let (link, berta) = (scene.anna.line(&scene.berta.id()).link, scene.berta.id());
    let code = ("envelope", "wrong-proof");
    let flipped = scene.changed(|join| join.proof[9] ^= 1);
    refuse(made, "envelope_join_flipped_proof_bit", code, open.clone(), flipped);
    let carla = Stranger::new("Carla", 3).id();
    let proof = prove(&SECRET, &link, &carla, &berta);
    let others = scene.changed(|join| join.proof = proof);
    refuse(made, "envelope_join_with_the_proof_of_another", code, open.clone(), others);
    let backwards = prove(&SECRET, &link, &berta, &scene.anna.id());
    let backwards = scene.changed(|join| join.proof = backwards);
    refuse(made, "envelope_join_with_a_proof_the_other_way", code, open.clone(), backwards);
    let guessed = prove(&[0x2e; 32], &link, &scene.anna.id(), &berta);
    let guessed = scene.changed(|join| join.proof = guessed);
    refuse(made, "envelope_join_with_another_secret", code, open.clone(), guessed);
    let malformed = ("envelope", "malformed: join");
    let trailing = scene.sealed(&[&scene.join.write()[..], &[0]].concat());
    refuse(made, "envelope_join_trailing_byte", malformed, open.clone(), trailing);
    let large = vec![0; 32 + 64 + 4 + INVITATION_CERTIFICATE_BYTES_MAX + 1];
    let large = scene.sealed(&large);
    refuse(made, "envelope_join_too_large", malformed, open.clone(), large);
    let body = scene.join.write();
    let envelope = scene.anna.signal(&berta, EnvelopeKind::Join, &body);
    let mut odd = Envelope::read(&envelope).expect("an envelope");
    odd.signature[7] ^= 1;
    let odd = json!({"bytes": hex(&odd.write())});
    let code = ("envelope", "bad-signature");
    refuse(made, "envelope_join_flipped_signature_bit", code, open, odd);
}

/// Certificates that are not those of who asks.
fn certificates(scene: &mut Scene, made: &mut Vec<Vector>) {
    let (open, code) = (scene.open(), ("envelope", "bad-certificate"));
    let theirs = Stranger::new("Carla", 3).certificate().write();
    let foreign = scene.changed(|join| join.certificate = theirs);
    refuse(made, "envelope_join_certificate_of_another", code, open.clone(), foreign);
    let mut without = scene.anna.certificate().clone();
    without.documents.pop();
    let without = scene.changed(|join| join.certificate = without.write());
    refuse(made, "envelope_join_without_an_offer", code, open.clone(), without);
    let mut moved = scene.anna.certificate().clone();
    *moved.documents.last_mut().expect("an offer") = scene.anna.identity().offer([0x3f; 32]);
    let moved = scene.changed(|join| join.certificate = moved.write());
    refuse(made, "envelope_join_with_another_offer", code, open, moved);
}
