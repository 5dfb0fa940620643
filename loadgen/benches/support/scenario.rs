//! The scenario of the drains.

/// So many queued jobs in as many domains of so many workers each, and nothing posted; settled for the
/// policy `seed`, one replica and no drain beyond the duration.
pub(crate) fn drain(jobs: usize, domains: usize, workers: usize, service: &str, duration: &str) -> String {
    let head = format!(
        "title = \"drain\"\nduration = \"{duration}\"\nwarmup = \"0s\"\ndrain = \"0s\"\nseed = 7\nreplicas = 1\n\
        policy = \"seed\"\n\n[[poster]]\nname = \"before\"\npreload = {jobs}\n"
    );
    let mixes = (0..domains).map(|domain| {
        format!("[[poster.mix]]\nprovisioner = \"terraform\"\ntags = {{ domain = \"d{domain}\" }}\n")
    });
    let fleets = (0..domains).map(|domain| {
        format!(
            "[[fleet]]\nname = \"fleet {domain}\"\nworkers = {workers}\nprovisioners = [\"terraform\"]\n\
            tags = {{ domain = \"d{domain}\" }}\nservice_time = {{ constant = \"{service}\" }}\n"
        )
    });
    [head].into_iter().chain(mixes).chain(fleets).collect()
}

/// So many jobs a second of one kind, and enough workers in one fleet.
pub(crate) fn steady(policy: &str, replicas: usize, rate: usize) -> String {
    format!(
        "title = \"steady\"\nduration = \"10s\"\nwarmup = \"2s\"\ndrain = \"10s\"\nseed = 7\nreplicas = {replicas}\n\
        policy = \"{policy}\"\nbackup_poll = \"5s\"\n\n[[poster]]\nname = \"jobs\"\n\
        stages = [{{ for = \"10s\", rate = {rate} }}]\narrival = \"poisson\"\n\
        [[poster.mix]]\nprovisioner = \"echo\"\n\n\
        [[fleet]]\nname = \"fleet\"\nworkers = 96\nprovisioners = [\"echo\"]\nservice_time = {{ constant = \"10ms\" }}\n"
    )
}

/// So many jobs a second in batches, evenly, and more workers than they need.
pub(crate) fn batches(rate: usize, batch: usize) -> String {
    format!(
        "title = \"batches\"\nduration = \"20s\"\nwarmup = \"2s\"\ndrain = \"10s\"\nseed = 7\nreplicas = 1\n\n\
        [[poster]]\nname = \"jobs\"\nbatch = {batch}\narrival = \"poisson\"\n\
        stages = [{{ for = \"20s\", rate = {rate} }}]\n[[poster.mix]]\nprovisioner = \"echo\"\n\n\
        [[fleet]]\nname = \"fleet\"\nworkers = 200\nprovisioners = [\"echo\"]\nservice_time = {{ constant = \"10ms\" }}\n"
    )
}
