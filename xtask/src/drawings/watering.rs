//! What brings water to many plants: hose and gun, a drip kit, an olla. Cans stand in `cans`.

use super::{
    colour::*,
    geometry::{Path, Placement, Point, polar},
    growth::shoot,
    leaves::Leaf,
    scene::{GROUND, MIDDLE, ledge, section},
    svg::Drawing,
};

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    match slug {
        "garden-hose" => {
            ledge(d, SAND, 116.0);
            hose(d);
        }
        "spray-gun" => {
            ledge(d, BUTTER, 60.0);
            gun(d);
        }
        "drip-kit" => {
            ledge(d, MIST, 110.0);
            drip_kit(d);
        }
        "olla" => {
            section(d, SAGE);
            olla(d);
        }
        _ => return false,
    }
    true
}

fn hose(d: &mut Drawing) {
    let colour = DEEP.mix(LEAF, 0.4);
    let centre = (196.0, 216.0);
    d.tube(
        &Path::from((176.0, 96.0)).cubic((230.0, 60.0), (330.0, 80.0), (322.0, 168.0)),
        colour,
        13.0,
    );
    for radius in [118.0, 102.0, 86.0, 70.0] {
        let ring = Path::ellipse(centre, radius, radius);
        d.tube(&ring, colour, 13.0);
        d.line(
            &ring.placed(Placement::at((-2.0, -2.0))),
            colour.light(),
            2.6,
        );
    }
    d.tube(
        &Path::from((196.0, 334.0)).cubic((260.0, 342.0), (300.0, 326.0), (336.0, 348.0)),
        colour,
        13.0,
    );
    d.line(
        &Path::from((202.0, 332.0)).cubic((260.0, 339.0), (300.0, 323.0), (332.0, 342.0)),
        colour.light(),
        2.6,
    );
    for turn in [-48.0, 132.0] {
        let (near, far) = (polar(centre, turn, 58.0), polar(centre, turn, 130.0));
        d.tube(&Path::through(&[near, far]), JUTE, 9.0);
    }
    for (at, turn) in [((322.0, 168.0), 176.0), ((336.0, 347.0), 118.0)] {
        d.under(Placement::at(at).turned(turn), |d| {
            d.shape(&Path::block((-11.0, -22.0), (22.0, 28.0), 3.0), BRASS);
            d.shape(
                &Path::block((-8.0, -38.0), (16.0, 17.0), 2.0),
                BRASS.light(),
            );
            d.line(
                &Path::through(&[(-4.0, -16.0), (-4.0, 0.0)])
                    .and(&Path::through(&[(4.0, -16.0), (4.0, 0.0)])),
                BRASS.shade(),
                2.6,
            );
        });
    }
}

fn gun(d: &mut Drawing) {
    d.under(Placement::at((212.0, 152.0)).turned(-8.0), |d| {
        let grip = Path::from((14.0, 14.0))
            .line((66.0, 8.0))
            .cubic((66.0, 60.0), (78.0, 130.0), (92.0, 178.0))
            .line((48.0, 190.0))
            .cubic((38.0, 140.0), (34.0, 90.0), (14.0, 54.0))
            .close();
        d.shape(&grip, SLATE.mix(INK, 0.3));
        let far = Path::from((54.0, 12.0))
            .line((65.0, 10.0))
            .cubic((65.0, 60.0), (77.0, 130.0), (91.0, 177.0))
            .line((74.0, 182.0))
            .cubic((62.0, 130.0), (52.0, 70.0), (54.0, 12.0))
            .close();
        d.flat(&far, INK);
        for y in [74.0, 92.0, 110.0, 128.0, 146.0] {
            d.line(
                &Path::through(&[(30.0 + y * 0.14, y), (52.0 + y * 0.14, y - 4.0)]),
                SLATE.light(),
                3.0,
            );
        }
        d.shape(
            &Path::block((44.0, 182.0), (50.0, 20.0), 4.0).placed(Placement::NONE.turned(-2.0)),
            BRASS,
        );
        d.shape(
            &Path::block((56.0, 200.0), (32.0, 22.0), 3.0).placed(Placement::NONE.turned(-2.0)),
            BRASS.shade(),
        );
        let barrel = Path::from((-62.0, -26.0))
            .line((30.0, -30.0))
            .cubic((64.0, -30.0), (74.0, -12.0), (70.0, 14.0))
            .cubic((60.0, 30.0), (30.0, 26.0), (14.0, 24.0))
            .line((-62.0, 22.0))
            .close();
        d.shape(&barrel, TEAL);
        d.flat(
            &Path::from((-61.0, 8.0))
                .line((72.0, 2.0))
                .quad((72.0, 16.0), (62.0, 20.0))
                .quad((40.0, 26.0), (14.0, 23.0))
                .line((-61.0, 21.0))
                .close(),
            TEAL.shade(),
        );
        d.line(
            &Path::through(&[(-52.0, -18.0), (24.0, -21.0)]),
            TEAL.light(),
            4.0,
        );
        d.tube(
            &Path::from((34.0, -30.0)).quad((40.0, -54.0), (62.0, -56.0)),
            CORAL,
            11.0,
        );
        let head = Path::from((-62.0, -34.0))
            .line((-104.0, -48.0))
            .quad((-114.0, 0.0), (-104.0, 44.0))
            .line((-62.0, 30.0))
            .close();
        d.shape(&head, CORAL);
        d.flat(
            &Path::from((-63.0, 8.0))
                .line((-108.0, 12.0))
                .quad((-107.0, 32.0), (-104.0, 42.0))
                .line((-63.0, 29.0))
                .close(),
            CORAL.shade(),
        );
        for y in [-28.0, -10.0, 10.0, 26.0] {
            d.line(
                &Path::through(&[(-96.0, y * 1.2), (-68.0, y)]),
                CORAL.shade().shade(),
                2.2,
            );
        }
        d.shape(&Path::ellipse((-106.0, -2.0), 9.0, 46.0), SLATE.light());
        for (turn, far) in [
            (-52.0, 30.0),
            (-66.0, 40.0),
            (-80.0, 30.0),
            (-94.0, 42.0),
            (-108.0, 32.0),
            (-122.0, 42.0),
            (-60.0, 66.0),
            (-86.0, 68.0),
            (-112.0, 68.0),
        ] {
            let at = polar((-116.0, -2.0), turn, far);
            d.line(&Path::through(&[at, polar(at, turn, 9.0)]), WATER, 5.0);
        }
    });
}

fn drip_kit(d: &mut Drawing) {
    let (tube, centre) = (SLATE.mix(INK, 0.5), (166.0, 236.0));
    d.tube(
        &Path::from((166.0, 138.0)).cubic((240.0, 130.0), (262.0, 92.0), (288.0, 92.0)),
        tube,
        9.0,
    );
    for radius in [98.0, 84.0, 70.0] {
        let ring = Path::ellipse(centre, radius, radius);
        d.tube(&ring, tube, 9.0);
        d.line(
            &ring.placed(Placement::at((-1.0, -1.4))),
            SLATE.light(),
            2.0,
        );
    }
    for turn in [-52.0, 68.0, 188.0] {
        d.tube(
            &Path::through(&[polar(centre, turn, 60.0), polar(centre, turn, 108.0)]),
            CREAM,
            6.0,
        );
    }
    d.under(Placement::at((308.0, 92.0)), |d| {
        d.shape(&Path::block((-22.0, -15.0), (36.0, 30.0), 5.0), TEAL);
        d.shape(&Path::block((12.0, -22.0), (30.0, 44.0), 6.0), CORAL);
        d.line(
            &Path::through(&[(20.0, -16.0), (20.0, 16.0)])
                .and(&Path::through(&[(29.0, -16.0), (29.0, 16.0)])),
            CORAL.shade(),
            3.0,
        );
        d.shape(&Path::block((-8.0, -34.0), (14.0, 20.0), 3.0), SLATE);
    });
    for (x, top) in [(282.0, 236.0), (318.0, 212.0), (354.0, 244.0)] {
        let stake = Path::from((x - 7.0, top))
            .line((x + 7.0, top))
            .line((x + 3.0, top + 72.0))
            .line((x, top + 100.0))
            .line((x - 3.0, top + 72.0))
            .close();
        d.shape(&stake, TEAL);
        d.line(
            &Path::through(&[(x - 2.0, top + 14.0), (x - 1.0, top + 70.0)]),
            TEAL.light(),
            2.4,
        );
        d.tube(
            &Path::from((x, top - 8.0)).cubic(
                (x - 4.0, top - 40.0),
                (x - 30.0, top - 36.0),
                (x - 34.0, top - 12.0),
            ),
            tube,
            4.0,
        );
        d.shape(
            &Path::block((x - 12.0, top - 12.0), (24.0, 18.0), 6.0),
            CORAL,
        );
        d.shape(&drop_path((x - 16.0, top + 20.0), 8.0), WATER);
    }
}

/// A drop with its middle at a point.
pub(super) fn drop_path((x, y): Point, size: f64) -> Path {
    Path::from((x, y - size * 1.5))
        .cubic(
            (x + size * 0.5, y - size * 0.7),
            (x + size, y - size * 0.3),
            (x + size, y + size * 0.2),
        )
        .cubic(
            (x + size, y + size * 1.3),
            (x - size, y + size * 1.3),
            (x - size, y + size * 0.2),
        )
        .cubic(
            (x - size, y - size * 0.3),
            (x - size * 0.5, y - size * 0.7),
            (x, y - size * 1.5),
        )
        .close()
}

/// A cut through the buried jar: its water, and the damp earth around it.
fn olla(d: &mut Drawing) {
    for (half, part) in [(132.0, 0.26), (112.0, 0.42)] {
        let damp = Path::from((MIDDLE - half, GROUND + 2.0))
            .cubic(
                (MIDDLE - half, 390.0),
                (MIDDLE + half, 390.0),
                (MIDDLE + half, GROUND - 1.0),
            )
            .close();
        d.flat(&damp, EARTH.mix(Colour(0x3c_4f58), part));
    }
    for (x, tall) in [(86.0, 118.0), (322.0, 128.0)] {
        for turn in [-44.0, 40.0, -18.0, 16.0] {
            let stem = shoot((x, GROUND + 2.0), turn, tall);
            d.tube(&stem.path(), STEM, 3.4);
            let tone = if turn < 0.0 { LEAF } else { DEEP };
            for (part, side) in [(0.45, -1.0), (0.6, 1.0), (0.78, -1.0), (1.0, 0.0)] {
                Leaf::new(36.0, 19.0, tone).draw(
                    d,
                    stem.point(part),
                    stem.angle(part) + side * 58.0,
                );
            }
        }
    }
    let jar = |inset: f64| {
        let x = |out: f64, side: f64| MIDDLE + side * (out - inset);
        Path::from((x(27.0, -1.0), 226.0))
            .cubic(
                (x(27.0, -1.0), 262.0),
                (x(88.0, -1.0), 262.0),
                (x(88.0, -1.0), 310.0),
            )
            .cubic(
                (x(88.0, -1.0), 350.0),
                (x(50.0, -1.0), 376.0 - inset),
                (MIDDLE, 376.0 - inset),
            )
            .cubic(
                (x(50.0, 1.0), 376.0 - inset),
                (x(88.0, 1.0), 350.0),
                (x(88.0, 1.0), 310.0),
            )
            .cubic(
                (x(88.0, 1.0), 262.0),
                (x(27.0, 1.0), 262.0),
                (x(27.0, 1.0), 226.0),
            )
            .close()
    };
    d.shape(&jar(0.0), CLAY);
    d.shape(&jar(11.0), CLAY.shade().shade());
    let water = Path::from((124.0, 296.0))
        .quad((MIDDLE, 304.0), (276.0, 296.0))
        .cubic((282.0, 340.0), (250.0, 364.0), (MIDDLE, 364.0))
        .cubic((150.0, 364.0), (118.0, 340.0), (124.0, 296.0))
        .close();
    d.flat(&water, WATER);
    d.line(
        &Path::from((126.0, 298.0)).quad((MIDDLE, 306.0), (274.0, 298.0)),
        WATER.light(),
        3.0,
    );
    d.line(
        &Path::from((140.0, 312.0)).quad((144.0, 340.0), (166.0, 352.0)),
        WATER.light(),
        4.0,
    );
    d.shape(&Path::block((164.0, 214.0), (72.0, 18.0), 6.0), CLAY);
    d.flat(
        &Path::block((212.0, 216.0), (22.0, 14.0), 5.0),
        CLAY.shade(),
    );
    let lid = Path::from((172.0, 214.0))
        .quad((174.0, 196.0), (MIDDLE, 194.0))
        .quad((226.0, 196.0), (228.0, 214.0))
        .close();
    d.shape(&lid, CLAY.light().mix(CLAY, 0.4));
    d.disc((MIDDLE, 189.0), 9.0, CLAY);
    for (at, size) in [
        ((98.0, 312.0), 7.0),
        ((302.0, 306.0), 7.0),
        ((112.0, 350.0), 6.0),
        ((290.0, 350.0), 6.0),
        ((84.0, 338.0), 5.0),
        ((318.0, 336.0), 5.0),
    ] {
        d.shape(&drop_path(at, size), WATER);
    }
}
