"""How much work a run does that no setting of it tells: what it does so, and what it is planned by. Light."""

AT_ONCE = 500  # images measured or mapped in one call

# While it trains.
SAMPLED_IMAGES = 10_000  # training images that stand for all of them until the run ends
SAVE_PAUSE = 30.0  # seconds between two saves within an epoch
PREVIEW_PAUSE = 1.5  # seconds between two previews: short epochs are not slowed down by them
PREVIEWED = 8  # images that a preview shows, beside their reconstructions and as many samples
PREVIEW_POINTS = 1000  # images that its map is of

# When it is finished.
LIKELIHOOD_IMAGES, LIKELIHOOD_SAMPLES = 150, 100  # by which log p(x) is estimated
REFINED_PLACES = 1000  # of a map; one with fewer points stays as it is: its neighbourhoods are as wide as the map
REFINING_STEPS = 15  # for each such place
PLANE_NEIGHBOURS = 48  # points by which a place of a map is told a latent
