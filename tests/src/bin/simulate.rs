//! Simulates.
fn main() {
    let from: u64 = std::env::args().nth(1).and_then(|t| t.parse().ok()).unwrap_or(1);
    let n: u64 = std::env::args().nth(2).and_then(|t| t.parse().ok()).unwrap_or(1);
    for seed in from..from + n {
        let t = std::time::Instant::now();
        let o = tests::simulation::run(seed, std::env::args().nth(3).and_then(|b| tests::simulation::sabotage::Saboteur::of(&b)));
        println!("{seed} steps {} lines {} {:?} {:?}", o.steps, o.lines.len(), t.elapsed(), o.violation);
        if n == 1 { for l in &o.lines { println!("{l}"); } println!("{:?}", o.faults); }
    }
}
